import type { LambdaEvent } from './event.ts'
import { lambdaEndings, type LambdaContext } from './context.ts'
import { toError } from '../functions/foreign-value.ts'

/**
 * Runs a Lambda-compatible handler and resolves with its result, unchecked: `null` stands for a handler that
 * returned a result without a promise. Promise, callback and `context.done/fail/succeed` may end the call; the
 * first one does, the others are ignored. Rejects with what was thrown, always as an Error, or with the reason
 * of `signal`.
 */
export async function callLambdaHandler (handler: Function, event: LambdaEvent, context: LambdaContext, signal?: AbortSignal): Promise<unknown> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const stop = () => reject(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    start(handler, event, context, resolve, reject)
    return await promise
  } catch (error) {
    throw toError(error)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

function start (handler: Function, event: LambdaEvent, context: LambdaContext, resolve: (result: unknown) => void, reject: (error: unknown) => void): void {
  const endings = lambdaEndings(resolve, reject)
  try {
    const returned: unknown = handler(event, { ...context, ...endings }, endings.done)
    if (isThenable(returned)) Promise.resolve(returned).then(resolve, reject)
    else if (isMistakenResult(returned, handler)) resolve(null)
  } catch (error) {
    reject(error)
  }
}

function isThenable (value: unknown): value is PromiseLike<unknown> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null &&
    'then' in value && typeof value.then === 'function'
}

/**
 * A handler with a callback may end in `return db.query(sql, (error, rows) => callback(error, …))`: what it
 * returns means nothing then, unless it is a result.
 */
function isMistakenResult (returned: unknown, handler: Function): boolean {
  if (returned === undefined) return false
  return handler.length < 3 || (typeof returned === 'object' && returned !== null && 'statusCode' in returned)
}
