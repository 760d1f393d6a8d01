import { startLogged } from '../logged-server.ts'
import type { BenchServer } from '../server.ts'

export const server: BenchServer = {
  title: 'with Fastify\'s logger and a line per invocation',
  start: () => startLogged(true)
}
