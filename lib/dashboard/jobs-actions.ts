import { FST_NETLIFY_JOB_NOT_CHANGED } from '../errors.ts'
import type { JobFilter } from '../queue/driver.ts'
import type { NetlifyFunctions } from '../server/handle.ts'
import { jobPath, jobsPath, readJobsView } from './jobs-view.ts'
import type { Action } from './page.ts'

/** Failed jobs that one press of the button queues again. */
export const RETRIED_AT_ONCE = 1_000
/** Jobs bring their bodies with them, so few are read at a time. */
const READ_AT_ONCE = 100

type Fields = Readonly<Record<string, string>>

/** What can be done about jobs. */
export function createJobsActions ({ jobs }: Pick<NetlifyFunctions, 'jobs'>): Action[] {
  return [
    {
      path: '/jobs/retry',
      async run (fields) {
        const id = fields['id'] ?? ''
        await jobs.retry(id)
        return { to: returnPath(fields), notice: `Job ${id} is queued again, with all attempts.` }
      }
    },
    {
      path: '/jobs/cancel',
      async run (fields) {
        const id = fields['id'] ?? ''
        await jobs.cancel(id)
        return { to: returnPath(fields), notice: `Job ${id} is cancelled.` }
      }
    },
    {
      path: '/jobs/retry-failed',
      async run (fields) {
        return { to: returnPath(fields), notice: await retryFailed(fields['function'] ?? '') }
      }
    },
    {
      path: '/jobs/pause',
      async run (fields) {
        const name = nameIn(fields)
        jobs.pause(name)
        const what = name === undefined ? 'No job begins' : `No job of "${name}" begins`
        return { to: returnPath(fields), notice: `${what} in this process until you resume. Calls are accepted and wait; what runs goes on.` }
      }
    },
    {
      path: '/jobs/resume',
      async run (fields) {
        const name = nameIn(fields)
        jobs.resume(name)
        return { to: returnPath(fields), notice: `${name === undefined ? 'Jobs' : `Jobs of "${name}"`} begin again.` }
      }
    }
  ]

  async function retryFailed (name: string): Promise<string> {
    const filter: JobFilter = { function: name, state: 'failed' }
    // All ids before the first retry: a job that fails again at once would come round and round.
    const ids = new Set<string>()
    let isMore = true
    for (let offset = 0; isMore && ids.size < RETRIED_AT_ONCE; offset += READ_AT_ONCE) {
      const page = await jobs.list({ ...filter, offset, limit: READ_AT_ONCE })
      for (const { id } of page) ids.add(id)
      isMore = page.length === READ_AT_ONCE
    }
    let retried = 0
    for (const some of chunks([...ids])) {
      const outcomes = await Promise.all(some.map(retryUnlessChanged))
      retried += outcomes.filter(Boolean).length
    }
    if (ids.size === 0) return `"${name}" has no failed jobs.`
    const count = `${retried} failed ${retried === 1 ? 'job' : 'jobs'} of "${name}" ${retried === 1 ? 'is' : 'are'} queued again`
    const late = ids.size - retried
    return `${count}.${late === 0 ? '' : ` ${late} could not be, as they have changed meanwhile.`}${isMore ? ' There may be more; press again for the next ones.' : ''}`
  }

  async function retryUnlessChanged (id: string): Promise<boolean> {
    try {
      await jobs.retry(id)
      return true
    } catch (error) {
      if (error instanceof FST_NETLIFY_JOB_NOT_CHANGED) return false
      throw error
    }
  }
}

function * chunks (ids: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < ids.length; start += READ_AT_ONCE) yield ids.slice(start, start + READ_AT_ONCE)
}

function nameIn (fields: Fields): string | undefined {
  return fields['function'] || undefined
}

/** The page that the button was on; made anew, as a form can be sent from anywhere. */
function returnPath (fields: Fields): string {
  if (fields['from'] === 'job') return jobPath(fields['id'] ?? '')
  const view = readJobsView(Object.fromEntries(new URLSearchParams(fields['view'] ?? '')))
  return 'problem' in view ? jobsPath() : jobsPath(view)
}
