import type { IQueueBackend, JobJson } from 'bullmq'

const LARGEST_BATCH = 100

interface Addition {
  readonly record: JobJson
  readonly resolve: (id: string) => void
  readonly reject: (error: unknown) => void
}

/** Gives a function that adds jobs to a queue of PostgreSQL; those that come while one commits share the next commit. */
export function createAdditions (backend: IQueueBackend, queueName: string): (record: JobJson) => Promise<string> {
  let waiting: Addition[] = []
  let adding = false

  return async (record) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    waiting.push({ record, resolve, reject })
    if (!adding) addAll()
    return await promise
  }

  async function addAll (): Promise<void> {
    adding = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, LARGEST_BATCH)
      waiting = waiting.slice(LARGEST_BATCH)
      if (batch.length > 1) await addTogether(batch)
      else await Promise.all(batch.map(addAlone))
    }
    adding = false
  }

  // BullMQ's flow is the one way to add many jobs that wakes those who listen. It is all or nothing: if it fails, each is tried.
  async function addTogether (batch: readonly Addition[]): Promise<void> {
    const results = await backend.addFlow(batch.map(({ record }) => (
      { jobData: record, jobId: record.id, parentKeyOpts: {}, prefix: '', queueName }
    ))).catch(() => [])
    await Promise.all(batch.map(async (addition, index) => {
      const [error, id] = results[index] ?? [new Error('not added')]
      if (error === null) addition.resolve(String(id))
      else await addAlone(addition)
    }))
  }

  async function addAlone ({ record, resolve, reject }: Addition): Promise<void> {
    await backend.addJob(record, record.id).then(resolve, reject)
  }
}
