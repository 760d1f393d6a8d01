import { Client } from 'undici'
import type { Burst, BurstResult } from './messages.ts'
import { percentile } from './statistics.ts'

// The process of the load generator. Connections stay open from one burst to the next.
process.on('disconnect', () => process.exit())
process.on('message', async (burst: Burst) => {
  const result = await fire(burst).catch((error: Error): BurstResult => ({ kind: 'failed', reason: error.message }))
  process.send?.(result)
})
process.send?.('ready')

const clientsByPort = new Map<number, Client[]>()

/** Sends so many requests, the next one on each connection when the last is answered. */
function fire ({ port, method, path, body, requests, connections }: Burst): Promise<BurstResult> {
  const clients = clientsOf(port, connections)
  const options = { method, path, body, headers: body === null ? {} : { 'content-type': 'application/json' } }
  const latencies: number[] = []
  const start = performance.now()
  let sent = 0

  return new Promise((resolve, reject) => {
    for (const client of clients) sendNext(client)

    function sendNext (client: Client): void {
      if (sent === requests) return
      sent++
      const sentAt = performance.now()
      client.dispatch(options, {
        onRequestStart () {},
        onResponseStart (_controller, status) {
          if (status !== 200) reject(new Error(`${method} ${path} was answered with status ${status}`))
        },
        onResponseData () {},
        onResponseEnd () {
          latencies.push(performance.now() - sentAt)
          if (latencies.length === requests) resolve({ kind: 'done', milliseconds: performance.now() - start, p99: percentile(latencies, 0.99) })
          else sendNext(client)
        },
        onResponseError: (_controller, error) => reject(error)
      })
    }
  })
}

function clientsOf (port: number, connections: number): Client[] {
  let clients = clientsByPort.get(port)
  if (clients === undefined) {
    clients = Array.from({ length: connections }, () => new Client(`http://127.0.0.1:${port}`, { pipelining: 1 }))
    clientsByPort.set(port, clients)
  }
  return clients
}
