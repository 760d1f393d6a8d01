import { FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_RESPONSE_BODY_TOO_LARGE } from '../errors.ts'
import type { FunctionResponse } from '../functions/exchange.ts'
import { describe, toError } from '../functions/foreign-value.ts'
import { discardBody, resultBody } from './result-body.ts'
import { resultHeaders } from './result-headers.ts'

/** The keys of a result that mean something; any of them may hold anything. */
interface LambdaResult {
  statusCode?: unknown
  headers?: unknown
  multiValueHeaders?: unknown
  body?: unknown
  isBase64Encoded?: unknown
}

const OWN_ERRORS = [FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_RESPONSE_BODY_TOO_LARGE]
const NULL_BODY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * Checks the result of a Lambda-compatible handler and makes it a response, to which it adds no header. Throws
 * FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_HEADER_NOT_LATIN1 or FST_NETLIFY_RESPONSE_BODY_TOO_LARGE and
 * nothing else, whatever the result's getters do; a stream body is then ended.
 */
export function lambdaResponse (result: unknown, maxBytes: number, functionName: string): FunctionResponse {
  if (result === undefined) {
    throw new FST_NETLIFY_INVALID_LAMBDA_RESULT('lambda response was undefined. check your function code again')
  }
  if (result === null) {
    throw new FST_NETLIFY_INVALID_LAMBDA_RESULT('no lambda response. check your function code again. make sure to return a promise or use the callback.')
  }
  let body: unknown
  try {
    const fields: LambdaResult = result
    body = fields.body
    const status = resultStatus(fields.statusCode)
    const headers = resultHeaders(fields.headers, fields.multiValueHeaders)
    if (!NULL_BODY_STATUSES.has(status)) {
      return { status, headers, body: resultBody(body, Boolean(fields.isBase64Encoded), maxBytes, functionName) }
    }
    discardBody(body)
    return { status, headers, body: null }
  } catch (error) {
    discardBody(body)
    if (isOwnError(error)) throw error
    throw new FST_NETLIFY_INVALID_LAMBDA_RESULT('Your function response cannot be read: one of its properties throws an error', { cause: toError(error) })
  }
}

function resultStatus (statusCode: unknown): number {
  const status = typeof statusCode === 'number' || typeof statusCode === 'string' ? Number(statusCode) : NaN
  if (!status) {
    throw new FST_NETLIFY_INVALID_LAMBDA_RESULT(`Your function response must have a numerical statusCode. You gave: ${describe(statusCode)}`)
  }
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new FST_NETLIFY_INVALID_LAMBDA_RESULT(`Your function response must have a statusCode from 200 to 599. You gave: ${describe(statusCode)}`)
  }
  return status
}

/** `instanceof` asks the error itself, which may be a Proxy of the user's. */
function isOwnError (error: unknown): boolean {
  try {
    return OWN_ERRORS.some((OwnError) => error instanceof OwnError)
  } catch {
    return false
  }
}
