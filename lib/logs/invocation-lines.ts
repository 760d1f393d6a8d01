import type { Call } from '../invoke/invocation.ts'
import type { InvocationObserver } from '../invoke/observers.ts'
import { codeOf } from './entry.ts'
import { writesInfo } from './host-log.ts'

export interface InvocationLineOptions {
  /** Names of request headers that the line has, in lower case. */
  readonly headers: readonly string[]
  /** Names of those whose values are never shown, in lower case. */
  readonly redact: readonly string[]
}

const REDACTED = '[redacted]'

/** Writes a line for each invocation that is over. The log of a job says itself which job it is. */
export function createInvocationLines ({ headers, redact }: InvocationLineOptions): InvocationObserver {
  const secret = new Set(redact)
  return {
    ended (record, _invocation, { log, request }) {
      if (!writesInfo(log)) return
      const { function: name, trigger, requestId, outcome, status, error, duration, bytesIn, bytesOut, isolation, deployId, method, path } = record
      log.info({
        function: name,
        trigger,
        requestId,
        outcome,
        status,
        code: codeOf(error),
        duration: Math.round(duration * 1000) / 1000,
        bytesIn,
        bytesOut,
        isolation,
        deployId,
        method,
        path,
        headers: headers.length === 0 ? undefined : chosen(request.headers)
      }, `function "${name}" ${outcome}`)
    }
  }

  function chosen (given: Call['request']['headers']): Record<string, string> {
    const entries = headers.flatMap((name) => {
      const value = given[name]
      return value === undefined ? [] : [[name, secret.has(name) ? REDACTED : value] as const]
    })
    return Object.fromEntries(entries)
  }
}
