import type { ReadyFunction } from '../functions/definition.ts'
import type { FunctionRequest, FunctionResponse } from '../functions/exchange.ts'
import type { Invocation } from './invocation.ts'

/** Runs functions. Where they run is the invoker's affair. */
export interface Invoker {
  /**
   * Calls a function and gives its response, the body still to be read. What a background function
   * returns is discarded. The time limit is the caller's affair; see `invokeInTime`.
   *
   * @throws FST_NETLIFY_FUNCTION_FAILED, FST_NETLIFY_INVALID_RETURN_VALUE, FST_NETLIFY_INVALID_RESPONSE,
   * FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_HEADER_NOT_LATIN1
   */
  invoke (definition: ReadyFunction, request: FunctionRequest, invocation: Invocation): Promise<FunctionResponse>
}

/** Calls a function, and waits for its response no longer than its time limit. @throws also FST_NETLIFY_TIMEOUT */
export function invokeInTime (invoker: Invoker, definition: ReadyFunction, request: FunctionRequest, invocation: Invocation): Promise<FunctionResponse> {
  return invocation.race(invoker.invoke(definition, request, invocation), discardBody)
}

/** Tells the producer of a body that nobody reads it. */
export function discardBody ({ body }: { readonly body: unknown }): void {
  if (body instanceof ReadableStream && !body.locked) body.cancel().catch(() => {})
}
