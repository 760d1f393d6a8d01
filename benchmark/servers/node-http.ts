import { createServer } from 'node:http'
import { listenWith, type BenchServer } from '../server.ts'

/** No router: what every path costs at least. */
export const server: BenchServer = {
  title: '`node:http`, without a router',
  async start ({ listener }) {
    return await listenWith(createServer(listener))
  }
}
