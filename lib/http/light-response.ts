import { markAsUncloneable } from 'node:worker_threads'
import type { FunctionResponse } from '../functions/exchange.ts'
import { headerPairs, listedPairs, type HeaderPairs } from './header-pairs.ts'
import { bytesOf, copyOfBytes, isDisturbed, textOf, type WholeBody } from './light-body.ts'
import { LightHeaders } from './light-headers.ts'
import { fromNativeResponse } from './native.ts'
import { showAs, standIn } from './stand-in.ts'

const NativeResponse = Response
const TEXT = 'text/plain;charset=UTF-8'
const TEXT_ONLY: HeaderPairs = [['content-type', TEXT]]
const FORM = 'application/x-www-form-urlencoded;charset=UTF-8'
const JSON_TYPE = 'application/json'
const NULL_BODY_STATUS = new Set([204, 205, 304])
const REASON = /^[\x20-\x7e]*$/

type LightBody = WholeBody | ReadableStream | null

let take: (response: object) => FunctionResponse | undefined

/**
 * The `Response` of a function whose bundle has light Fetch objects: what was given, as it was given, as long as that
 * is plain. Whatever is not, also an error, is left to a native response, which is made at once or when something needs it.
 */
export class LightResponse {
  #status = 200
  #statusText = ''
  /** As they were at first. */
  #pairs: HeaderPairs = []
  #body: LightBody = null
  #used = false
  /** Once the function has seen them, these are the headers. */
  #headers: Headers | undefined = undefined
  /** Once it is there, it has the body. */
  #native: Response | undefined = undefined

  static {
    take = (response) => #native in response ? LightResponse.#take(response) : undefined
    showAs(this, (response) => response.#toNative())
  }

  static json (data: unknown, init?: ResponseInit): Response {
    const response = new LightResponse()
    if (arguments.length === 0 || !response.#initialize(init, JSON_TYPE, true)) return NativeResponse.json(...arguments as unknown as [unknown])
    const text = JSON.stringify(data) as string | undefined
    if (text === undefined) return NativeResponse.json(undefined) // throws
    response.#body = text
    return response as unknown as Response
  }

  static redirect (...args: Parameters<typeof Response.redirect>): Response {
    return NativeResponse.redirect(...args)
  }

  static error (): Response {
    return NativeResponse.error()
  }

  static [Symbol.hasInstance] (value: unknown): boolean {
    return this === LightResponse ? value instanceof NativeResponse : Function.prototype[Symbol.hasInstance].call(this, value)
  }

  static #take (response: LightResponse): FunctionResponse {
    // A class of the user's may have members of its own, so it is asked as any response.
    if (Object.getPrototypeOf(response) !== LightResponse.prototype) return fromNativeResponse(response as unknown as Response)
    const headers = response.#headers === undefined ? listedPairs(response.#pairs) : [...response.#headers]
    if (response.#native !== undefined) {
      const taken = fromNativeResponse(response.#native)
      return response.#headers === undefined ? taken : { ...taken, headers }
    }
    if (response.bodyUsed || (response.#body instanceof ReadableStream && response.#body.locked)) throw new TypeError('its body is already used or locked')
    // As with a native one, whose stream would be read, nobody else can read it.
    response.#used = typeof response.#body === 'string' || ArrayBuffer.isView(response.#body)
    return { status: response.#status, headers, body: response.#body }
  }

  constructor (body: BodyInit | null = null, init: ResponseInit | undefined = undefined) {
    markAsUncloneable(this)
    if (typeof body === 'string' && init === undefined) {
      this.#body = body
      this.#pairs = TEXT_ONLY
      return
    }
    const type = this.#setBody(body)
    if (type !== undefined && this.#initialize(init, type, this.#body !== null)) return
    this.#native = new NativeResponse(body, init)
    this.#status = this.#native.status
    this.#statusText = this.#native.statusText
    this.#body = null
  }

  get type (): ResponseType { return 'default' }
  get url (): string { return '' }
  get redirected (): boolean { return false }
  get status (): number { return this.#status }
  get ok (): boolean { return this.#status >= 200 && this.#status <= 299 }
  get statusText (): string { return this.#statusText }
  get headers (): Headers {
    this.#headers ??= this.#native?.headers ?? new Headers(this.#pairs as Array<[string, string]>)
    return this.#headers
  }

  get body (): ReadableStream | null {
    if (this.#body instanceof ReadableStream) return this.#body
    return this.#native === undefined && this.#body === null ? null : this.#toNative().body
  }

  get bodyUsed (): boolean {
    if (this.#body instanceof ReadableStream) return isDisturbed(this.#body)
    return this.#native?.bodyUsed ?? this.#used
  }

  async text (): Promise<string> {
    const body = this.#takeBody()
    return body === undefined ? await this.#toNative().text() : textOf(body)
  }

  async json (): Promise<unknown> {
    const body = this.#takeBody()
    return body === undefined ? await this.#toNative().json() : JSON.parse(textOf(body))
  }

  async bytes (): Promise<Uint8Array> {
    const body = this.#takeBody()
    return body === undefined ? await this.#toNative().bytes() : bytesOf(body)
  }

  async arrayBuffer (): Promise<ArrayBuffer> {
    const body = this.#takeBody()
    return body === undefined ? await this.#toNative().arrayBuffer() : bytesOf(body).buffer
  }

  async blob (): Promise<Blob> { return await this.#toNative().blob() }
  async formData (): Promise<FormData> { return await this.#toNative().formData() }
  clone (): Response { return this.#toNative().clone() }

  /** Keeps a plain body and gives its content type, or an empty string; `undefined` for one that is not plain. */
  #setBody (body: unknown): string | undefined {
    if (typeof body === 'string') {
      this.#body = body
      return TEXT
    }
    if (body === null) return ''
    if (body instanceof URLSearchParams) {
      this.#body = body.toString()
      return FORM
    }
    this.#body = body instanceof ReadableStream && isUnread(body) ? body : copyOfBytes(body) ?? null
    return this.#body === null ? undefined : ''
  }

  /** @returns whether all of it is plain */
  #initialize (init: unknown, type: string, hasBody: boolean): boolean {
    if (init !== undefined && (typeof init !== 'object' || init === null)) return false
    const { headers, status = 200, statusText = '' } = (init ?? {}) as { readonly [key in keyof ResponseInit]: unknown }
    if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return false
    if (hasBody && NULL_BODY_STATUS.has(status)) return false
    if (typeof statusText !== 'string' || !REASON.test(statusText)) return false
    if (isPlainHeaders(headers)) {
      this.#headers = new Headers(headers)
      if (type !== '' && !this.#headers.has('content-type')) this.#headers.append('content-type', type)
    } else {
      const pairs = headerPairs(headers, type || undefined)
      if (pairs === undefined) return false
      this.#pairs = pairs
    }
    this.#status = status
    this.#statusText = statusText
    return true
  }

  /** The body, used from now on; `undefined` where only a native response knows what reading it gives. */
  #takeBody (): WholeBody | undefined {
    if (this.#native !== undefined || this.#used || this.#body instanceof ReadableStream) return undefined
    const body = this.#body ?? ''
    if (this.#body !== null) {
      this.#used = true
      this.#body = ''
    }
    return body
  }

  #toNative (): Response {
    if (this.#native === undefined) {
      const headers = this.#headers ?? this.#pairs as Array<[string, string]>
      const init = { status: this.#status, statusText: this.#statusText, headers }
      // Native responses do not take a stream that somebody reads already, so one with a body like it gives the errors.
      if (this.#body instanceof ReadableStream && !isUnread(this.#body)) return withReadBody(init, this.#body.locked)
      // As bytes, which bring no content type: the header may have been deleted.
      this.#native = new NativeResponse(typeof this.#body === 'string' ? bytesOf(this.#body) : this.#body, init)
      if (this.#used) this.#native.arrayBuffer().catch(() => {})
      this.#body = null
    } else if (this.#headers !== undefined && this.#headers !== this.#native.headers) {
      for (const name of new Set(this.#native.headers.keys())) this.#native.headers.delete(name)
      for (const [name, value] of this.#headers) this.#native.headers.append(name, value)
    }
    return this.#native
  }
}

standIn(LightResponse, NativeResponse, LightResponse)

/**
 * Takes a light response apart as `fromNativeResponse` does with a native one, but for making anything native.
 *
 * @returns `undefined` for anything else
 * @throws TypeError, RangeError for a response that cannot be sent
 */
export function takeLightResponse (value: unknown): FunctionResponse | undefined {
  return typeof value === 'object' && value !== null ? take(value) : undefined
}

/** Headers that iterate as the standard says. */
function isPlainHeaders (given: unknown): given is Headers {
  if (!(given instanceof Headers)) return false
  const prototype: unknown = Object.getPrototypeOf(given)
  return prototype === Headers.prototype || prototype === LightHeaders.prototype
}

function isUnread (stream: ReadableStream): boolean {
  return !stream.locked && !isDisturbed(stream)
}

function withReadBody (init: ResponseInit, locked: boolean): Response {
  const response = new NativeResponse(new Uint8Array(0), init)
  if (locked) response.body?.getReader()
  else response.body?.cancel().catch(() => {})
  return response
}
