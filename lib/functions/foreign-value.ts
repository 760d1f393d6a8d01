import { isNativeError, isProxy } from 'node:util/types'
import { inspect } from 'node:util'

const LONGEST_DESCRIPTION = 1000

/** Shows a value that came out of user code, in a bounded length. Never throws. */
export function describe (value: unknown): string {
  try {
    return inspect(value).slice(0, LONGEST_DESCRIPTION)
  } catch {
    return `a value of type ${typeof value} that cannot be shown`
  }
}

/**
 * Gives what user code threw as an Error: itself, or, where it is no Error, a proxy of one, or its message, stack or code
 * cannot be read, one that shows it. That stands for an error of the user's, so it has no code of ours. Never throws.
 */
export function toError (thrown: unknown): Error {
  return isSoundError(thrown) ? thrown : new Error(`${describe(thrown)} was thrown, which is not an Error`)
}

function isSoundError (thrown: unknown): thrown is Error {
  try {
    return !isProxy(thrown) && (isNativeError(thrown) || thrown instanceof Error) &&
      typeof thrown.message === 'string' && typeof (thrown.stack ?? '') === 'string' &&
      typeof (thrown as NodeJS.ErrnoException).code !== 'symbol'
  } catch {
    return false
  }
}
