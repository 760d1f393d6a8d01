import Fastify from 'fastify'
import { listen, type BenchServer } from '../server.ts'

export const server: BenchServer = {
  title: 'plain Fastify route',
  async start (workloads) {
    const app = Fastify()
    for (const { addRoute } of workloads) addRoute(app)
    return await listen(app)
  }
}
