import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import type { ClaimOptions } from '../../lib/queue/driver.ts'
import type { RemoteAnswer, RemoteCall } from './remote-queue.ts'

/** A process with one queue, which does what it is told; see remote-queue.ts. */
const driver = sqliteQueue(JSON.parse(process.argv[2]!) as Parameters<typeof sqliteQueue>[0])

process.on('message', (call: RemoteCall) => {
  perform(call).then(
    (value) => answer({ number: call.number, value }),
    (error: Error & { code?: string }) => answer({ number: call.number, error: { code: error.code, message: error.message } })
  )
})
// Node.js ignores this signal, so that a write beyond the limit fails; the test runner's handlers undo that.
process.on('SIGXFSZ', () => {})
process.on('disconnect', () => process.exit())

async function perform ({ method, args: [first, ...others] }: RemoteCall): Promise<unknown> {
  // No signal passes through a pipe: a claim has the time that it is given.
  const args = method === 'claim' ? [{ ...first as ClaimOptions, signal: AbortSignal.timeout((first as { patience: number }).patience) }] : [first, ...others]
  // The parent's types have checked the arguments.
  return await (driver[method] as (...args: unknown[]) => Promise<unknown>)(...args)
}

function answer (message: RemoteAnswer): void {
  process.send!(message)
}
