import { FST_NETLIFY_FUNCTION_NOT_FOUND, FST_NETLIFY_JOB_NOT_CHANGED } from '../errors.ts'
import type { Paused } from '../queue/consumer.ts'
import type { Job, JobCounts, JobFilter, QueueDriver } from '../queue/driver.ts'
import type { HeaderSeal } from '../queue/sealed-headers.ts'
import type { Background } from './background.ts'

/** The background jobs of a site, and of those with the same queue. Secret headers are left out. */
export interface Jobs {
  /** Newest first, 100 at a time unless the filter says otherwise. */
  list (filter?: JobFilter): Promise<Job[]>
  get (id: string): Promise<Job | undefined>
  /** Makes a failed or cancelled job due now, with all attempts again. @throws FST_NETLIFY_JOB_NOT_CHANGED */
  retry (id: string): Promise<void>
  /** Takes a waiting job out. @throws FST_NETLIFY_JOB_NOT_CHANGED */
  cancel (id: string): Promise<void>
  stats (): Promise<JobCounts>
  /** What this process does not run for the time being. */
  readonly paused: Paused
  /**
   * Begins no more jobs, of one function or at all, in this process only and until it ends. Calls are accepted all the
   * same, and running jobs go on. @throws FST_NETLIFY_FUNCTION_NOT_FOUND
   */
  pause (functionName?: string): void
  /** Takes back the pause of one function; without a name, every pause. @throws FST_NETLIFY_FUNCTION_NOT_FOUND */
  resume (functionName?: string): void
}

export interface JobsOptions {
  readonly driver: QueueDriver
  readonly background: Pick<Background, 'paused' | 'pause' | 'resume'>
  readonly seal: HeaderSeal
  readonly hasFunction: (name: string) => boolean
}

/** Makes `app.netlifyFunctions.jobs`. */
export function createJobs ({ driver, background, seal, hasFunction }: JobsOptions): Jobs {
  return {
    list: async (filter) => (await driver.list(filter)).map(seal.conceal),
    async get (id) {
      const [job] = await driver.list({ id })
      return job && seal.conceal(job)
    },
    retry: async (id) => { await change(id, 'retry') },
    cancel: async (id) => { await change(id, 'cancel') },
    stats: async () => await driver.stats(),
    get paused () {
      return background.paused
    },
    pause (functionName) {
      checkName(functionName)
      background.pause(functionName)
    },
    resume (functionName) {
      checkName(functionName)
      background.resume(functionName)
    }
  }

  async function change (id: string, what: 'cancel' | 'retry'): Promise<void> {
    if (await driver.change(id, what)) return
    const [job] = await driver.list({ id })
    throw new FST_NETLIFY_JOB_NOT_CHANGED(id, job === undefined ? 'there is no such job' : `it cannot ${what} while it is ${job.state}`)
  }

  function checkName (functionName: string | undefined): void {
    if (functionName !== undefined && !hasFunction(functionName)) throw new FST_NETLIFY_FUNCTION_NOT_FOUND(functionName)
  }
}
