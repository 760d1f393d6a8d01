import Fastify from 'fastify'
import { listen, type BenchServer } from '../server.ts'

export const server: BenchServer = {
  title: 'plain Fastify',
  async start (_workload, workloads) {
    const app = Fastify()
    for (const { addRoute } of workloads) addRoute?.(app)
    return await listen(app)
  }
}
