import { bullmqQueue } from '../../lib/queue/bullmq.ts'
import { createConsumer } from '../../lib/queue/consumer.ts'
import type { Job, NewJob } from '../../lib/queue/driver.ts'

/** What the test tells the process: a job to enqueue. */
export type Order = NewJob

/** What the process tells the test. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'ran', readonly id: string, readonly attempt: number }
  | { readonly type: 'succeeded', readonly id: string }
  | { readonly type: 'stored', readonly id: string }

const driver = bullmqQueue({ connection: process.argv[2] ?? '' })
const consumer = createConsumer({
  driver,
  run,
  knows: () => true,
  places: { total: 5, perFunction: Infinity, shared: true },
  retryDelaysOf: () => [0, 0],
  leaseDuration: 1_000,
  log: console,
  emit: ({ type, job: { id } }) => { if (type === 'succeeded') tell({ type, id }) }
})

process.on('message', async (job: Order) => tell({ type: 'stored', id: await driver.enqueue(job) }))
await driver.stats()
consumer.start()
tell({ type: 'ready' })

async function run ({ id, function: name, attempt }: Job): Promise<void> {
  tell({ type: 'ran', id, attempt })
  if (name === 'stuck' && attempt === 1) await new Promise(() => {})
}

function tell (report: Report): void {
  process.send?.(report)
}
