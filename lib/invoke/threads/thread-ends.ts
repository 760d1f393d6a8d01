import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'

// A message of a debugger that meets a thread on its way out has Node.js abort the whole process, whichever thread the
// look is for. So nothing of a look may be under way while a thread comes down.

/** Milliseconds that a look waits for threads on their way out. */
const PATIENCE = 1_000
/** Milliseconds that a thread waits for a look: longer than any takes, also where the main thread is busy. */
const LOOK_TIMEOUT = 5_000

/** Whether a look is under way, for the threads to know. */
export const looking: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
const word = new Int32Array(looking)
/** Whether each thread is on its way out. */
const threads = new Map<Worker, () => boolean>()
let interrupt = (): void => {}

/** @param isLeaving whether the thread is about to end by itself; it says so before it waits by `awaitLook` */
export function keepFromLooks (worker: Worker, isLeaving: () => boolean): void {
  threads.set(worker, isLeaving)
  worker.once('exit', () => threads.delete(worker))
}

/** Ends a thread at once, and before that a look that is under way. */
export function endThread (worker: Worker): void {
  // It is gone already.
  if (worker.threadId === -1) return
  interrupt()
  keepFromLooks(worker, () => true)
  worker.terminate().catch(() => {})
}

/** Whether a thread is there that is not on its way out. */
export function isThere (threadId: number): boolean {
  return [...threads].some(([worker, isLeaving]) => worker.threadId === threadId && !isLeaving())
}

/**
 * Begins a look as soon as no thread is on its way out; false if one takes too long, as native code may.
 *
 * @param onInterrupt has to end the look before it returns
 */
export async function beginLook (onInterrupt: () => void): Promise<boolean> {
  const signal = AbortSignal.timeout(PATIENCE)
  while (!signal.aborted) {
    Atomics.store(word, 0, 1)
    const leaving = [...threads].filter(([, isLeaving]) => isLeaving())
    if (leaving.length === 0) {
      interrupt = onInterrupt
      return true
    }
    endLook()
    await Promise.all(leaving.map(async ([worker]) => await once(worker, 'exit', { signal }).catch(() => {})))
  }
  return false
}

export function endLook (): void {
  interrupt = () => {}
  Atomics.store(word, 0, 0)
  Atomics.notify(word, 0)
}

/** Waits in a thread, which nobody looks into from then on. */
export function awaitLook (looking: SharedArrayBuffer): void {
  const word = new Int32Array(looking)
  const end = performance.now() + LOOK_TIMEOUT
  for (let left = LOOK_TIMEOUT; left > 0 && Atomics.wait(word, 0, 1, left) === 'ok'; left = end - performance.now());
}
