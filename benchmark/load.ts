import { Client } from 'undici'
import type { Burst, BurstResult, Traffic } from './messages.ts'
import { percentile } from './statistics.ts'

// The process of the load generator. Connections stay open from one burst to the next.
process.on('disconnect', () => process.exit())
process.on('message', async (burst: Burst) => {
  const result = await fire(burst).catch((error: Error): BurstResult => ({ kind: 'failed', reason: error.message }))
  process.send?.(result)
})
process.send?.('ready')

const clientsByPort = new Map<number, Client[]>()

async function fire ({ port, requests, countsFailures = false, staysAwake = false, beside, ...traffic }: Burst): Promise<BurstResult> {
  const clients = clientsOf(port, traffic.connections + (beside?.connections ?? 0))
  const latencies: number[] = []
  const failures: string[] = []
  let sent = 0
  let ended = false
  if (staysAwake) stayAwake(() => ended)
  const start = performance.now()
  const aside = beside && flow(clients.slice(traffic.connections), beside, () => !ended, () => {})
  try {
    await flow(clients.slice(0, traffic.connections), traffic, () => sent++ < requests, (latency) => latencies.push(latency), countsFailures ? (error) => failures.push(error.message) : undefined)
  } finally {
    ended = true
  }
  const milliseconds = performance.now() - start
  await aside
  return { kind: 'done', milliseconds, p99: percentile(latencies, 0.99), failures }
}

/**
 * Looks for replies without ever sleeping: who writes to a process that sleeps pays for waking it, which a slow server would have
 * to do more often than a fast one.
 */
function stayAwake (isOver: () => boolean): void {
  if (!isOver()) setImmediate(stayAwake, isOver)
}

/**
 * Sends on each connection the next request when the last is answered, until there is no next one.
 *
 * @param onFailure goes on after a request that fails; without it, that is the end
 */
function flow (clients: readonly Client[], traffic: Traffic, takeNext: () => boolean, onAnswer: (latency: number) => void, onFailure?: (error: Error) => void): Promise<void> {
  const { method, paths, body, status: expected = 200, leaves = false } = traffic
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  let turn = 0
  let busy = clients.length

  return new Promise((resolve, reject) => {
    const fail = onFailure ?? reject
    for (const client of clients) sendNext(client)

    function sendNext (client: Client): void {
      if (!takeNext()) {
        if (--busy === 0) resolve()
        return
      }
      const path = paths[turn++ % paths.length]!
      const sentAt = performance.now()
      let left = false
      client.dispatch({ method, path, body: body ?? null, headers }, {
        onRequestStart () {},
        onResponseStart (_controller, status) {
          if (status !== expected) fail(new Error(`${method} ${path} was answered with status ${status}`))
        },
        onResponseData (controller) {
          if (!leaves) return
          left = true
          controller.abort(new Error('seen enough'))
        },
        onResponseEnd: next,
        onResponseError (_controller, error) {
          if (!left) fail(error)
          if (left || onFailure !== undefined) next()
        }
      })

      function next (): void {
        onAnswer(performance.now() - sentAt)
        sendNext(client)
      }
    }
  })
}

function clientsOf (port: number, connections: number): Client[] {
  const clients = clientsByPort.get(port) ?? []
  clientsByPort.set(port, clients)
  while (clients.length < connections) clients.push(new Client(`http://127.0.0.1:${port}`, { pipelining: 1 }))
  return clients.slice(0, connections)
}
