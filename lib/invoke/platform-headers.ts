import type { FunctionRequest } from '../functions/exchange.ts'
import type { Invocation } from './invocation.ts'
import type { SiteIdentity } from './site-identity.ts'

export type PlatformHeaders = Readonly<Record<string, string>>

/** What a header can hold (RFC 9110, 5.5). */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/

/** The headers that Netlify's edge adds to every request of a site, as far as their values are known. */
export function sitePlatformHeaders ({ account, deploy, site }: SiteIdentity): PlatformHeaders {
  const headers: Array<[name: string, value: string | undefined]> = [
    ['x-nf-account-id', account.id],
    ['x-nf-site-id', site.id],
    ['x-nf-deploy-id', deploy.id],
    ['x-nf-deploy-context', deploy.context],
    ['x-nf-deploy-published', deploy.published ? '1' : '0'],
    ['x-nf-branch', deploy.branch]
  ]
  return Object.fromEntries(headers.filter((header): header is [string, string] => FIELD_VALUE.test(header[1] ?? '')))
}

/**
 * Adds the headers of Netlify's edge to a request. What the request has of them is kept: it comes from whoever
 * may set them, as those of other clients have been removed. The id is that of the reply and of the log.
 */
export function withPlatformHeaders (request: FunctionRequest, site: PlatformHeaders, invocation: Pick<Invocation, 'ip' | 'requestId'>): FunctionRequest {
  return new PlatformRequest(request, site, invocation)
}

/** Most functions read no header, so none is written before one does. */
class PlatformRequest implements FunctionRequest {
  readonly #given: FunctionRequest
  readonly #site: PlatformHeaders
  readonly #invocation: Pick<Invocation, 'ip' | 'requestId'>
  #headers: Readonly<Record<string, string>> | undefined = undefined

  constructor (given: FunctionRequest, site: PlatformHeaders, invocation: Pick<Invocation, 'ip' | 'requestId'>) {
    this.#given = given
    this.#site = site
    this.#invocation = invocation
  }

  get method (): string {
    return this.#given.method
  }

  get url (): string {
    return this.#given.url
  }

  get body (): FunctionRequest['body'] {
    return this.#given.body
  }

  get platformHeaders (): Readonly<Record<string, string>> {
    return this.#given.platformHeaders ?? this.#given.headers
  }

  get headers (): Readonly<Record<string, string>> {
    this.#headers ??= this.#writeHeaders()
    return this.#headers
  }

  #writeHeaders (): Record<string, string> {
    const { ip, requestId } = this.#invocation
    const address = ip === '' ? {} : { 'client-ip': ip, 'x-nf-client-connection-ip': ip }
    return { ...this.#site, ...address, ...this.#given.headers, 'x-nf-request-id': requestId }
  }
}
