import { FETCH_OBJECTS } from '../functions/fetch-objects.ts'
import { FetchRequest, nativeRequestOf } from './light-request.ts'
import { LightResponse } from './light-response.ts'

/** Puts the objects in place that light bundles read when they are loaded; globals of the host stay as they are. */
export function installFetchObjects (): void {
  const key = Symbol.for(FETCH_OBJECTS)
  if (Object.hasOwn(globalThis, key)) return
  Object.defineProperty(globalThis, key, { value: Object.freeze({ Request: FetchRequest, Response: LightResponse, fetch }) })
}

/** The native `fetch` of the moment, which a host may have replaced; it knows native requests only. */
function fetch (...args: Parameters<typeof globalThis.fetch>): Promise<Response> {
  const [input, ...rest] = args
  return input === undefined ? globalThis.fetch(...args) : globalThis.fetch(nativeRequestOf(input), ...rest)
}

Object.defineProperty(fetch, 'length', { value: globalThis.fetch.length })
