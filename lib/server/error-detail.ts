import { FST_NETLIFY_FUNCTION_BROKEN } from '../errors.ts'
import type { FailedFunction } from '../functions/definition.ts'

/** The error a client gets for a function that failed to build or load: source lines only when asked for. */
export function brokenFunctionError ({ name, error }: FailedFunction, exposeErrors: boolean): Error {
  return exposeErrors ? error : new FST_NETLIFY_FUNCTION_BROKEN(name, { cause: error })
}
