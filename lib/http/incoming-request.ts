import type { FastifyRequest } from 'fastify'
import type { FunctionRequest } from '../functions/exchange.ts'
import { functionHeaders } from './headers.ts'
import { requestUrl } from './url.ts'

const NONE: Readonly<Record<string, string>> = Object.freeze({})

/** A request over HTTP, as a function gets it. What its headers tell is written when it is first read. */
export class IncomingRequest implements FunctionRequest {
  readonly body: FunctionRequest['body']
  readonly #request: FastifyRequest
  readonly #trustPlatformHeaders: boolean
  readonly #geo: string | undefined
  readonly #target: string
  #url: string | undefined = undefined
  #headers: Record<string, string> | undefined = undefined

  /**
   * @param target what stands in the request line, or a rewrite has made of it
   * @param geo for `x-nf-geo`, unless the client is trusted with it
   */
  constructor (request: FastifyRequest, target: string, body: FunctionRequest['body'], trustPlatformHeaders: boolean, geo: string | undefined) {
    this.#target = target
    this.body = body
    this.#request = request
    this.#trustPlatformHeaders = trustPlatformHeaders
    this.#geo = geo
  }

  get method (): string {
    return this.#request.method
  }

  /** @throws FST_NETLIFY_INVALID_HOST */
  get url (): string {
    this.#url ??= requestUrl(this.#request.protocol, this.#request.host, this.#target)
    return this.#url
  }

  get headers (): Readonly<Record<string, string>> {
    this.#headers ??= this.#writeHeaders()
    return this.#headers
  }

  get platformHeaders (): Readonly<Record<string, string>> {
    if (this.#trustPlatformHeaders) return this.headers
    return this.#geo === undefined ? NONE : { 'x-nf-geo': this.#geo }
  }

  #writeHeaders (): Record<string, string> {
    const headers = functionHeaders(this.#request.raw.headers, this.#trustPlatformHeaders)
    if (this.#geo !== undefined) headers['x-nf-geo'] ??= this.#geo
    return headers
  }
}
