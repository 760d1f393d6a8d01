import { FST_NETLIFY_QUEUE_BROKEN, FST_NETLIFY_QUEUE_UNAVAILABLE } from '../../errors.ts'
import { isRefusal } from './refusal.ts'
import type { Store } from './store.ts'

const OPEN_TIMEOUT = 3_000
/** Opening included. */
const CALL_TIMEOUT = 4_000

const REMEDY = 'correct "connection" of bullmqQueue(), or what the server allows'

/** Numbers that BullMQ gives to a job that is gone, not held, not in the state it should be in, or held by another. */
const LOST = new Set<unknown>([-1, -2, -3, -6])

/** The way to a store that may not be there yet, or not any more. */
export interface Link {
  /**
   * Opens the store if it is not open, and works with it; rejects with FST_NETLIFY_QUEUE_UNAVAILABLE when it cannot or
   * when that takes too long, with FST_NETLIFY_QUEUE_BROKEN when the server refuses.
   */
  use<Result> (work: (store: Store) => Promise<Result>): Promise<Result>
  /** For reads that block: they may take as long as they like. */
  open (): Promise<Store>
  close (): Promise<void>
}

/** Makes a link; `open`, which lets go of everything when it rejects or its signal aborts, is called again when it has failed. */
export function createLink (where: string, open: (signal: AbortSignal) => Promise<Store>): Link {
  let opening: Promise<Store> | undefined
  let giveUp = (): void => {}
  let closed = false

  return {
    async use (work) {
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(() => late.reject(new Error('its server does not answer')), CALL_TIMEOUT)
      try {
        return await Promise.race([store().then(work), late.promise])
      } catch (error) {
        throw toCoded(error)
      } finally {
        clearTimeout(timer)
      }
    },

    open: store,

    async close () {
      closed = true
      giveUp()
      const store = await opening?.catch(() => undefined)
      await store?.close()
    }
  }

  async function store (): Promise<Store> {
    if (closed) throw new FST_NETLIFY_QUEUE_UNAVAILABLE('it is closed')
    opening ??= begin()
    return await opening
  }

  async function begin (): Promise<Store> {
    const controller = new AbortController()
    giveUp = () => controller.abort(new Error('its server does not answer'))
    const timer = setTimeout(giveUp, OPEN_TIMEOUT)
    try {
      return await open(controller.signal)
    } catch (error) {
      opening = undefined
      throw error
    } finally {
      clearTimeout(timer)
      giveUp = () => {}
    }
  }

  function toCoded (error: unknown): Error {
    forgetCommand(error)
    if (closed) return new FST_NETLIFY_QUEUE_UNAVAILABLE('it is closed')
    if (isRefusal(error)) return new FST_NETLIFY_QUEUE_BROKEN(where, error.message, REMEDY, { cause: error })
    if (error instanceof FST_NETLIFY_QUEUE_UNAVAILABLE) return error
    return new FST_NETLIFY_QUEUE_UNAVAILABLE(messageOf(error), { cause: error })
  }
}

/** Gives what the work gives; rejects when the signal aborts first. */
export async function unlessAborted<Result> (work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Gives false when BullMQ says that the job is not in the state, or not under the lock, that the work needs. */
export async function unlessLost (work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (isLost(error)) return false
    throw error
  }
}

function isLost (error: unknown): boolean {
  return error instanceof Error && 'code' in error && LOST.has(error.code)
}

// ioredis hangs the command on its error: a password, or a whole call, which do not belong in anybody's log.
function forgetCommand (error: unknown): void {
  if (error instanceof Error && 'command' in error) delete error.command
}

// A refused connection to a name with two addresses is an AggregateError without a message.
function messageOf (error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
