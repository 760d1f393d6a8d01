import type { FastifyRequest } from 'fastify'
import type { FunctionRequest } from '../functions/exchange.ts'
import { functionHeaders } from './headers.ts'

const NONE: Readonly<Record<string, string>> = Object.freeze({})

/** A request over HTTP, as a function gets it. Its headers are written when they are first read. */
export class IncomingRequest implements FunctionRequest {
  readonly url: string
  readonly body: FunctionRequest['body']
  readonly #request: FastifyRequest
  readonly #trustPlatformHeaders: boolean
  readonly #geo: string | undefined
  #headers: Record<string, string> | undefined = undefined

  /**
   * @param url absolute, with the public origin
   * @param geo for `x-nf-geo`, unless the client is trusted with it
   */
  constructor (request: FastifyRequest, url: string, body: FunctionRequest['body'], trustPlatformHeaders: boolean, geo: string | undefined) {
    this.url = url
    this.body = body
    this.#request = request
    this.#trustPlatformHeaders = trustPlatformHeaders
    this.#geo = geo
  }

  get method (): string {
    return this.#request.method
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
