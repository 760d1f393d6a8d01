import { describe, toError } from '../functions/foreign-value.ts'
import type { InvocationRecord } from '../functions/invocation-record.ts'
import type { OutputLevel } from '../functions/output.ts'

/** What has been logged: an invocation that is over, or something that a function has printed. */
export type LogEntry = InvocationEntry | OutputEntry

export interface InvocationEntry {
  /** Goes up with each entry. */
  readonly id: number
  readonly type: 'invocation'
  /** Epoch ms. */
  readonly time: number
  /** Its error is a copy: `{ name, message, code, stack }`. */
  readonly record: InvocationRecord
}

export interface OutputEntry {
  readonly id: number
  readonly type: 'output'
  readonly time: number
  readonly function: string
  /** `undefined` while the function is loaded. */
  readonly requestId: string | undefined
  readonly jobId: string | undefined
  readonly level: OutputLevel
  readonly text: string
}

/** All that is left of an error that a function has failed with. */
export interface ErrorCopy {
  readonly name: string
  readonly message: string
  readonly code: string | undefined
  readonly stack: string | undefined
}

const LONGEST_MESSAGE = 2000
const LONGEST_STACK = 8000
const LONGEST_NAME = 200
/** What an entry takes in memory besides its texts, in characters, about. */
const OVERHEAD = 400

/** Gives a record that keeps nothing of what the function has thrown alive. */
export function keepableRecord (record: InvocationRecord): InvocationRecord {
  return record.error === undefined ? record : { ...record, error: copyError(record.error) }
}

/** Has the reason with it where the error does not tell it, as it is not for clients. Never throws. */
export function copyError (thrown: unknown): ErrorCopy {
  const error = toError(thrown)
  const copy = {
    name: textOf(error, 'name', LONGEST_NAME) ?? 'Error',
    message: textOf(error, 'message', LONGEST_MESSAGE) ?? '',
    code: textOf(error, 'code', LONGEST_NAME),
    stack: textOf(error, 'stack', LONGEST_STACK)
  }
  const cause = causeOf(error)
  const reason = cause && textOf(cause, 'message', LONGEST_MESSAGE)
  if (reason === undefined || copy.message.includes(reason)) return copy
  const stack = cause && textOf(cause, 'stack', LONGEST_STACK)
  return {
    ...copy,
    message: detach(`${copy.message}: ${reason}`.slice(0, LONGEST_MESSAGE)),
    stack: detach(`${copy.stack ?? ''}\ncaused by ${stack ?? reason}`.slice(0, LONGEST_STACK))
  }
}

/** The code of what a function has failed with, if it has one. Never throws. */
export function codeOf (thrown: unknown): string | undefined {
  try {
    return thrown instanceof Error ? textOf(thrown, 'code', LONGEST_NAME) : undefined
  } catch {
    return undefined
  }
}

/** Makes a text of its own: a part of a longer one keeps all of that in memory. */
export function detach (text: string): string {
  // Put together, it is copied when it is taken apart.
  return ` ${text}`.slice(1)
}

/** What an entry takes in memory, in characters. */
export function sizeOf (entry: LogEntry): number {
  if (entry.type === 'output') return OVERHEAD + entry.text.length
  const { requestId, path, method, error } = entry.record
  const { message = '', stack = '' } = (error ?? {}) as Partial<ErrorCopy>
  return OVERHEAD + requestId.length + path.length + method.length + message.length + stack.length
}

export function functionOf (entry: LogEntry): string {
  return entry.type === 'output' ? entry.function : entry.record.function
}

function textOf (error: Error, key: keyof ErrorCopy, longest: number): string | undefined {
  try {
    const value = (error as Partial<ErrorCopy>)[key]
    if (value === undefined) return undefined
    return detach((typeof value === 'string' ? value : describe(value)).slice(0, longest))
  } catch {
    return undefined
  }
}

function causeOf (error: Error): Error | undefined {
  try {
    return error.cause === undefined ? undefined : toError(error.cause)
  } catch {
    return undefined
  }
}
