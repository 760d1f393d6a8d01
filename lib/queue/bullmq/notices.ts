import type { Pool } from 'pg'
import type { Store } from './store.ts'

/** BullMQ notifies this channel, with the name of the queue, of whatever makes a job due or changes when it will be. */
const CHANNEL = 'bullmq_jobs'
const WAIT_TIMEOUT = 5_000

/** PostgreSQL's notifications of a queue, over a client of the pool that is kept for them. */
export interface Notices extends Pick<Store, 'mark' | 'changes'> {
  close (): void
}

/**
 * Makes the notices; the client is taken at the first `mark`. BullMQ's stream of events would not do here: where jobs
 * are stored at the same time, it leaves out notifications.
 */
export function createNotices (pool: Pool, queueName: string): Notices {
  let listening: Promise<void> | undefined
  let count = 0
  let failure: Error | undefined
  let wake = (): void => {}
  let letGo = (): void => {}

  return {
    async mark () {
      failure = undefined
      listening ??= listen()
      await listening
      return String(count)
    },

    async changes (after) {
      if (String(count) === after && failure === undefined) await pause()
      if (failure !== undefined) throw failure
      return { last: String(count), reasons: String(count) === after ? [] : [undefined] }
    },

    close () {
      fail(new Error('closed'))
    }
  }

  async function listen (): Promise<void> {
    try {
      const client = await pool.connect()
      letGo = () => {
        letGo = () => {}
        client.release(true)
      }
      client.on('error', fail)
      client.on('notification', ({ payload }) => {
        if (payload !== queueName) return
        count++
        wake()
      })
      await client.query(`LISTEN ${CHANNEL}`)
    } catch (error) {
      letGo()
      listening = undefined
      throw error
    }
  }

  function fail (error: Error): void {
    failure = error
    listening = undefined
    letGo()
    wake()
  }

  async function pause (): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, WAIT_TIMEOUT)
    wake = resolve
    await promise
    clearTimeout(timer)
  }
}
