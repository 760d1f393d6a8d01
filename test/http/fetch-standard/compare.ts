import type { Test } from 'tap'
import { FetchRequest, createLightRequest } from '../../../lib/http/light-request.ts'
import { LightResponse } from '../../../lib/http/light-response.ts'
import { toNativeRequest } from '../../../lib/http/native.ts'

/** The Fetch objects that a function has, and the request it gets. */
export interface FetchObjects {
  readonly Request: typeof Request
  readonly Response: typeof Response
  readonly request: (parts?: RequestParts) => Request
}

export interface RequestParts {
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is made for each request. */
  readonly body?: string | Uint8Array<ArrayBuffer> | null | (() => ReadableStream<Uint8Array<ArrayBuffer>>)
  readonly signal?: AbortSignal
}

/** A clause of the standard, what shows it, and the value that comes out of it, or the class of the error. */
export type Clause = readonly [title: string, run: (objects: FetchObjects) => unknown, expected: unknown]

type Outcome = { readonly value: unknown } | { readonly error: string, readonly message: string }

export const URL_OF_REQUEST = 'http://localhost:8888/.netlify/functions/x?a=b'

const native: FetchObjects = {
  Request,
  Response,
  request: (parts) => toNativeRequest(functionRequest(parts), signalOf(parts))
}

const light: FetchObjects = {
  Request: FetchRequest,
  Response: LightResponse as unknown as typeof Response, // its members are the native ones; another test enumerates them
  request: (parts) => createLightRequest(functionRequest(parts), { get signal () { return signalOf(parts) } })
}

/** Runs each clause with the native objects and with the light ones: the same comes out, and it is what the standard says. */
export async function compare (t: Test, clauses: readonly Clause[]): Promise<void> {
  for (const [title, run, expected] of clauses) {
    const [ofNative, ofLight] = [await outcome(run, native), await outcome(run, light)]
    t.strictSame(ofLight, ofNative, `${title}: light is as native`)
    t.strictSame('error' in ofLight ? ofLight.error : ofLight.value, typeof expected === 'function' ? expected.name : expected, title)
  }
}

async function outcome (run: Clause[1], objects: FetchObjects): Promise<Outcome> {
  try {
    return { value: await run(objects) }
  } catch (error) {
    const { name, message } = error as Error
    return { error: name, message }
  }
}

function functionRequest ({ method = 'GET', url = URL_OF_REQUEST, headers = {}, body = null }: RequestParts = {}): Parameters<typeof createLightRequest>[0] {
  if (typeof body === 'function') return { method, url, headers, body: body() }
  return { method, url, headers, body: typeof body === 'string' ? new TextEncoder().encode(body) : body }
}

function signalOf (parts: RequestParts | undefined): AbortSignal {
  return parts?.signal ?? new AbortController().signal
}

/** A stream of the given chunks. */
export function streamOf (...chunks: ReadonlyArray<string | Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start (controller) {
      for (const chunk of chunks) controller.enqueue(new Uint8Array(Buffer.from(chunk)))
      controller.close()
    }
  })
}
