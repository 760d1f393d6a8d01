import * as errors from '../../errors.ts'
import { describe, toError } from '../../functions/foreign-value.ts'

/** Something that was thrown, as JSON. */
export type PortableError =
  | { readonly kind: 'value', readonly text: string }
  | {
    readonly kind: 'error'
    readonly name: string
    /** Of the language. */
    readonly base: string | undefined
    readonly message: string
    readonly stack: string | undefined
    readonly cause: PortableError | undefined
    /** Its other properties, as far as they can be told. */
    readonly details: Readonly<Record<string, unknown>>
  }

type Details = Record<string, unknown>

/** Causes beyond are left out; they may go round in a circle. */
const MAX_CAUSES = 8
const MAX_DETAILS = 32
const OWN = new Set(['name', 'message', 'stack', 'cause'])
const coded: Readonly<Record<string, new () => Error>> = Object.fromEntries(Object.entries(errors).map(([code, Coded]) => [code, Coded as unknown as new () => Error]))
const natives: Readonly<Record<string, new () => Error>> = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }

/** Never throws, whatever it is given. */
export function packError (thrown: unknown, depth = 0): PortableError {
  const error = toError(thrown)
  // Then it shows what is no error, or not to be looked at.
  if (error !== thrown) return { kind: 'value', text: error.message }
  return {
    kind: 'error',
    name: readText(error, 'name') ?? 'Error',
    base: Object.keys(natives).find((name) => error instanceof natives[name]!),
    message: error.message,
    stack: error.stack,
    cause: depth < MAX_CAUSES ? packCause(error, depth) : undefined,
    details: packDetails(error)
  }
}

/** An error of the same class, if it is one of errors.ts or of the language. */
export function unpackError (packed: PortableError): Error {
  if (packed.kind === 'value') return new Error(packed.text)
  const { name, base, message, stack, cause, details } = packed
  const error = create(base, details.code)
  if (error.name !== name) define(error, 'name', name)
  define(error, 'message', message)
  define(error, 'stack', stack)
  if (cause !== undefined) define(error, 'cause', cause.kind === 'value' ? cause.text : unpackError(cause))
  return Object.assign(error, details)
}

/** What a log line has beside its error. Never throws. */
export function packDetails (values: object): Details {
  const details: Details = {}
  try {
    for (const key of Object.keys(values).slice(0, MAX_DETAILS)) {
      if (OWN.has(key)) continue
      const value = portable(values, key)
      if (value !== undefined) details[key] = value
    }
  } catch {
    // It does not even tell its keys.
  }
  return details
}

function packCause (error: Error, depth: number): PortableError | undefined {
  try {
    return error.cause === undefined ? undefined : packError(error.cause, depth + 1)
  } catch {
    return undefined
  }
}

function portable (values: object, key: string): unknown {
  try {
    const value = (values as Details)[key]
    const text = JSON.stringify(value)
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    try {
      return describe((values as Details)[key])
    } catch {
      return undefined
    }
  }
}

function create (base: string | undefined, code: unknown): Error {
  const Coded = typeof code === 'string' && Object.hasOwn(coded, code) ? coded[code] : undefined
  const Class = Coded ?? (base === undefined ? Error : natives[base] ?? Error)
  return new Class()
}

function readText (error: Error, key: 'name'): string | undefined {
  try {
    const text: unknown = error[key]
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

function define (error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, enumerable: false, writable: true })
}
