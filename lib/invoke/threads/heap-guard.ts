import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { findHolder } from './find-holder.ts'
import type { FunctionThread } from './function-thread.ts'

/** Milliseconds between two times that a thread is made to collect its garbage, which takes its time. */
const RECOVERY = 1_000
/** Megabytes that a single allocation may go beyond the limit by; where V8 has no more to give, it ends the process. */
const HEADROOM = 512
/** Milliseconds in which a thread that has something else to do shows it. */
const CERTAINTY = 50

interface Record {
  /** Its memory is being asked for. */
  isAsking: boolean
  /** It is being found out whether it is garbage, and whose. */
  isLooking: boolean
  collectedAt: number
}

/**
 * Ends threads that use more memory than they may. V8's own limit is not enough: a single allocation that goes far
 * beyond it ends the process, so threads have room beyond what they may use.
 */
export class HeapGuard {
  readonly #records = new WeakMap<FunctionThread, Record>()

  /** @param isSilent whether the thread does not answer */
  lookAt (thread: FunctionThread, isSilent: boolean, now: number): void {
    let record = this.#records.get(thread)
    if (record === undefined) {
      record = { isAsking: false, isLooking: false, collectedAt: -Infinity }
      this.#records.set(thread, record)
    }
    if (record.isAsking || !thread.isUp || (thread.load === 0 && !thread.hasExpired)) return
    record.isAsking = true
    this.#ask(thread, record, isSilent, now)
  }

  async #ask (thread: FunctionThread, record: Record, isSilent: boolean, now: number): Promise<void> {
    const size = await thread.heapSize()
    record.isAsking = false
    if (!isTooMuch(size, thread)) return
    // There is no time to find out whether it is garbage, or whose.
    if (isFarTooMuch(size, thread)) return end(thread, thread.holder)
    if (record.isLooking) return
    record.isLooking = true
    const done = (): void => { record.isLooking = false }
    this.#look(thread, record, isSilent, now).then(done, done)
  }

  async #look (thread: FunctionThread, record: Record, isSilent: boolean, now: number): Promise<void> {
    if (isSilent) {
      // Garbage counts until it is collected, and nobody else would do that now.
      const { answers } = thread.heartbeat
      const found = await findHolder(thread.id, true)
      if (!isTooMuch(await thread.heapSize(), thread)) return
      await delay(CERTAINTY)
      // Else it went on to other code meanwhile, and that may have been found.
      end(thread, thread.heartbeat.answers === answers ? thread.holder ?? found : undefined)
    } else if (now - record.collectedAt > RECOVERY) {
      record.collectedAt = now
      thread.collect()
    } else {
      end(thread, undefined)
    }
  }
}

function isTooMuch (size: number | undefined, { memory }: FunctionThread): boolean {
  return size !== undefined && size > memory
}

function isFarTooMuch (size: number | undefined, { memory }: FunctionThread): boolean {
  return size !== undefined && size > memory + headroom(memory) / 4
}

function end (thread: FunctionThread, by: Parameters<FunctionThread['end']>[0]['by']): void {
  thread.end({ reason: 'memory', how: `it used more than the ${thread.memory} MB of its thread`, by })
}

/** Beyond what a thread may use, as it is looked at from time to time only. Without a way to look, V8's limit has to do. */
export function heapLimit (memory: number): number {
  return 'getHeapStatistics' in Worker.prototype ? memory + headroom(memory) : memory
}

function headroom (memory: number): number {
  return Math.max(memory, HEADROOM)
}
