import type { FunctionResponse } from './exchange.ts'

/** A call of an event handler: what it gets, and what its result means. */
export interface EventCall {
  readonly argument: object
  /** @throws TypeError when the handler returned something that the event has no use for */
  respond (returned: unknown): FunctionResponse
}

/** How the payload of an event is checked and handed over. */
export interface EventType {
  /** What is wrong with the payload, in Netlify's words. */
  problem (payload: unknown): string | undefined
  /** @param payload one without a problem */
  call (payload: unknown): EventCall
}

export type Fields = Readonly<Record<string, unknown>>

export function isObject (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** The first of the required strings that an object lacks. */
export function missingString (object: Fields, path: string, keys: readonly string[]): string | undefined {
  const missing = keys.find((key) => typeof object[key] !== 'string')
  return missing === undefined ? undefined : `missing "${path}.${missing}"`
}

/** For events whose handlers' results count for nothing. */
export function respondEmpty (): FunctionResponse {
  return { status: 200, headers: [], body: null }
}
