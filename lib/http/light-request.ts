import { markAsUncloneable } from 'node:worker_threads'
import type { FunctionRequest } from '../functions/exchange.ts'
import { canonicalPath, requestSearch } from '../functions/path.ts'
import { bytesOf, textOf } from './light-body.ts'
import { adoptNativeHeaders, LightHeaders, toHeadersInit } from './light-headers.ts'
import { toNativeRequest } from './native.ts'
import { showAs, standIn } from './stand-in.ts'

type Call = Pick<Request, 'signal'>

const NativeRequest = Request
/** Methods that a native request takes as they are. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const PLAIN_ORIGIN = /^https?:\/\/[^?\\@]+$/
const NO_BYTES = new Uint8Array(0)
/** What light requests are asked by when another copy of this module has made them. */
const NATIVE = Symbol.for('fastify-netlify-functions.native-request')

/** The last origin that was parsed; most requests have the same. */
let knownOrigin: readonly [given: string, href: string] = ['', '']
let toNative: (request: object) => Request | undefined

/**
 * Makes the `Request` of a function whose bundle has light Fetch objects. It reads nothing of the call and makes
 * nothing native until the function asks for it.
 *
 * @param call whose `signal` is read once at most
 * @throws TypeError as a native one, for a method that the Fetch standard forbids
 */
export function createLightRequest (request: FunctionRequest, call: Call): Request {
  return METHODS.has(request.method) ? new LightRequest(request, call) as unknown as Request : toNativeRequest(request, call.signal)
}

/** Gives the native request behind a light one; anything else is given back. They stay in step. */
export function nativeRequestOf<T> (request: T): T | Request {
  if (typeof request !== 'object' || request === null) return request
  return toNative(request) ?? (request as { readonly [NATIVE]?: () => Request })[NATIVE]?.() ?? request
}

class LightRequest {
  readonly #request: FunctionRequest
  readonly #call: Call
  #url: string | undefined = undefined
  #headers: Headers | undefined = undefined
  #signal: AbortSignal | undefined = undefined
  #used = false
  #native: Request | undefined = undefined

  static {
    toNative = (request) => #native in request ? request.#toNative() : undefined
    showAs(this, (request) => request.#toNative())
  }

  constructor (request: FunctionRequest, call: Call) {
    markAsUncloneable(this)
    this.#request = request
    this.#call = call
  }

  get method (): string { return this.#request.method }

  get url (): string {
    this.#url ??= serializeUrl(this.#request.url)
    return this.#url
  }

  get headers (): Headers {
    this.#headers ??= this.#native?.headers ?? new LightHeaders(this.#request)
    return this.#headers
  }

  get signal (): AbortSignal {
    this.#signal ??= this.#call.signal
    return this.#signal
  }

  get destination (): RequestDestination { return '' }
  get referrer (): string { return 'about:client' }
  get referrerPolicy (): ReferrerPolicy { return '' }
  get mode (): RequestMode { return 'cors' }
  get credentials (): RequestCredentials { return 'same-origin' }
  get cache (): RequestCache { return 'default' }
  get redirect (): RequestRedirect { return 'follow' }
  get integrity (): string { return '' }
  get keepalive (): boolean { return false }
  get isReloadNavigation (): boolean { return false }
  get isHistoryNavigation (): boolean { return false }
  get duplex (): string { return 'half' }

  get body (): ReadableStream | null { return this.#givenBody() === null ? null : this.#toNative().body }
  get bodyUsed (): boolean { return this.#native?.bodyUsed ?? this.#used }

  async text (): Promise<string> {
    const bytes = this.#takeBytes()
    return bytes === undefined ? await this.#toNative().text() : textOf(bytes)
  }

  async json (): Promise<unknown> {
    const bytes = this.#takeBytes()
    return bytes === undefined ? await this.#toNative().json() : JSON.parse(textOf(bytes))
  }

  async bytes (): Promise<Uint8Array> {
    const bytes = this.#takeBytes()
    return bytes === undefined ? await this.#toNative().bytes() : bytesOf(bytes)
  }

  async arrayBuffer (): Promise<ArrayBuffer> {
    const bytes = this.#takeBytes()
    return bytes === undefined ? await this.#toNative().arrayBuffer() : bytesOf(bytes).buffer
  }

  async blob (): Promise<Blob> { return await this.#toNative().blob() }
  async formData (): Promise<FormData> { return await this.#toNative().formData() }
  clone (): Request { return this.#toNative().clone() }

  [NATIVE] (): Request { return this.#toNative() }

  /** As the standard has it, a GET or HEAD has no body. */
  #givenBody (): FunctionRequest['body'] {
    const { method } = this.#request
    return method === 'GET' || method === 'HEAD' ? null : this.#request.body
  }

  /** The body, used from now on; `undefined` where only a native request knows what reading it gives. */
  #takeBytes (): Uint8Array<ArrayBuffer> | undefined {
    if (this.#native !== undefined || this.#used) return undefined
    const body = this.#givenBody()
    if (body === null) return NO_BYTES
    if (body instanceof ReadableStream) return undefined
    this.#used = true
    return body
  }

  #toNative (): Request {
    if (this.#native !== undefined) return this.#native
    const { method, url } = this.#request
    const headers = this.#headers instanceof LightHeaders ? toHeadersInit(this.#headers) : this.#request.headers
    this.#native = toNativeRequest({ method, url, headers, body: this.#used ? NO_BYTES : this.#givenBody() }, this.signal)
    if (this.#headers instanceof LightHeaders) adoptNativeHeaders(this.#headers, this.#native.headers)
    // It cannot fail: there are no bytes to read.
    if (this.#used) this.#native.arrayBuffer().catch(() => {})
    return this.#native
  }
}

/** The native `Request`, but for taking light requests where it takes native ones. */
export const FetchRequest: typeof Request = new Proxy(NativeRequest, {
  construct: (target, args: unknown[], newTarget) => Reflect.construct(target, args.length === 0 ? args : [nativeRequestOf(args[0]), ...args.slice(1)], newTarget) as Request
})

standIn(LightRequest, NativeRequest, FetchRequest)

/** What `new URL(url).href` gives, without parsing a URL that is as it should be. */
function serializeUrl (url: string): string {
  const path = url.indexOf('/', 8)
  if (path === -1 || !url.startsWith('http') || url.includes('#')) return new URL(url).href
  const origin = url.slice(0, path)
  if (origin !== knownOrigin[0]) {
    if (!PLAIN_ORIGIN.test(origin)) return new URL(url).href
    knownOrigin = [origin, new URL(origin).origin]
  }
  const target = url.slice(path)
  return knownOrigin[1] + canonicalPath(target) + requestSearch(target)
}
