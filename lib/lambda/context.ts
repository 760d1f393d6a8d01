/** The callback of a handler: an error that is neither null nor undefined fails the call. */
export type LambdaCallback = (error?: unknown, result?: unknown) => void

/** What a Lambda-compatible handler is told about its call. */
export interface LambdaContext {
  callbackWaitsForEmptyEventLoop: boolean
  functionName: string
  functionVersion: string
  invokedFunctionArn: string
  memoryLimitInMB: string
  awsRequestId: string
  logGroupName: string
  logStreamName: string
  identity: null
  clientContext: Record<string, unknown>
  getRemainingTimeInMillis: () => number
}

/** The older ways to end a call, which a handler finds in its context. They work detached from it. */
export interface LambdaEndings {
  done: LambdaCallback
  fail: (error?: unknown) => void
  succeed: (result?: unknown) => void
}

const LONGEST_TIMER = 0x7fffffff

/**
 * Makes the context of one call, to which `callLambdaHandler` adds the endings. `deadline`: epoch ms, or Infinity;
 * `clientContext`: who is signed in, the call's own.
 */
export function lambdaContext (functionName: string, requestId: string, deadline: number, clientContext: Record<string, unknown> = {}): LambdaContext {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '1.0',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}:1.0`,
    memoryLimitInMB: '1024',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: requestId,
    identity: null,
    clientContext,
    getRemainingTimeInMillis: () => remainingTime(deadline)
  }
}

/** Makes the endings of one call from the functions that settle it. */
export function lambdaEndings (resolve: (result: unknown) => void, reject: (error: unknown) => void): LambdaEndings {
  return {
    done (error, result) {
      if (error === null || error === undefined) resolve(result)
      else reject(error)
    },
    fail (error) { reject(error) },
    succeed (result) { resolve(result) }
  }
}

/** Handlers pass the remaining time to `setTimeout`, which takes Infinity, or more than 31 bits, for 1 ms. */
function remainingTime (deadline: number): number {
  return Math.min(Math.max(deadline - Date.now(), 0), LONGEST_TIMER)
}
