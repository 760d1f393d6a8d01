import { FST_NETLIFY_LOAD_FAILED, FST_NETLIFY_THREAD_ENDED, FST_NETLIFY_THREAD_LOST } from '../../errors.ts'
import type { Departure } from './departure.ts'
import type { LeftTask } from './function-thread.ts'
import type { Task } from './task.ts'

/** Seconds; a thread takes less to start. */
const RETRY_AFTER = 1
/** Threads that end before they begin a task, until it is given up. */
const MAX_LOSSES = 5

/** What becomes of the tasks of a thread that is gone. */
export interface Verdict {
  /** The task that has ended it, as far as that is known. */
  readonly guilty: Task | undefined
  /** They go on elsewhere. */
  readonly again: Task[]
  /** They go on where they harm nobody: any of them may be the one. */
  readonly suspects: Task[]
  readonly failed: Array<{ readonly task: Task, readonly error: Error }>
}

/** @param named the task that is known to have ended the thread */
export function judge (left: readonly LeftTask[], departure: Departure, named: Task | undefined): Verdict {
  const begun = left.filter(({ wasBegun }) => wasBegun).map(({ task }) => task)
  const isKnown = departure.reason === 'asked' || named !== undefined || departure.by?.functionName !== undefined
  // Who was there alone, or alone has overstayed, needs no other proof.
  const candidates = departure.reason === 'held' ? begun.filter(({ isExpired }) => isExpired) : begun
  const guilty = named ?? (!isKnown && candidates.length === 1 ? candidates[0] : undefined)
  const verdict: Verdict = { guilty, again: [], suspects: [], failed: [] }
  for (const { task, wasBegun } of left) {
    if (task === guilty) verdict.failed.push({ task, error: ended(task, departure) })
    else if (task.isExpired) verdict.failed.push({ task, error: lost(task) })
    // Others that are loaded with it may each end a thread.
    else if (task.type === 'load' && task.losses > 0 && task.canRunAgain && departure.reason !== 'asked') verdict.suspects.push(task)
    else if (!wasBegun && task.losses < MAX_LOSSES) verdict.again.push(task)
    else if (!wasBegun || !task.canRunAgain || departure.reason === 'asked') verdict.failed.push({ task, error: lost(task) })
    else if (guilty !== undefined || isKnown) verdict.again.push(task)
    else verdict.suspects.push(task)
  }
  for (const task of [...verdict.again, ...verdict.suspects]) task.losses++
  return verdict
}

export function withRetryAfter<Failure extends Error> (error: Failure, seconds: number = RETRY_AFTER): Failure {
  return Object.assign(error, { headers: { 'retry-after': String(seconds) } })
}

function ended ({ type, functionName }: Task, { how }: Departure): Error {
  return type === 'load' ? new FST_NETLIFY_LOAD_FAILED(functionName, how) : new FST_NETLIFY_THREAD_ENDED(functionName, how)
}

function lost ({ functionName }: Task): Error {
  return withRetryAfter(new FST_NETLIFY_THREAD_LOST(functionName, 'another call in it ended it'))
}
