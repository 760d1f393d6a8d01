import type { ReadyFunction } from '../functions/definition.ts'
import type { FunctionRequest, FunctionResponse } from '../functions/exchange.ts'
import type { Invocation } from './invocation.ts'

/** Runs functions. Where they run is the invoker's affair. */
export interface Invoker {
  /**
   * Calls a function and gives its response, the body still to be read. What a background function
   * returns is discarded.
   *
   * @throws FST_NETLIFY_FUNCTION_FAILED, FST_NETLIFY_INVALID_RETURN_VALUE, FST_NETLIFY_INVALID_RESPONSE,
   * FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_TIMEOUT
   */
  invoke (definition: ReadyFunction, request: FunctionRequest, invocation: Invocation): Promise<FunctionResponse>
}
