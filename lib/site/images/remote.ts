import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { FST_NETLIFY_IMAGE_NOT_ALLOWED, FST_NETLIFY_IMAGE_NOT_FOUND, FST_NETLIFY_IMAGE_UNREACHABLE } from '../../errors.ts'
import { checkHost, lookupPublic, PrivateAddressError } from './private-addresses.ts'
import type { RemotePatterns } from './remote-patterns.ts'

/** What tells a server which version of an image is known already. */
export interface Validators {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

export type RemoteAnswer =
  | { readonly kind: 'unchanged', readonly maxAge: number | undefined }
  | { readonly kind: 'image', readonly bytes: Buffer, readonly validators: Validators, readonly maxAge: number | undefined }

export interface RemoteOptions {
  readonly patterns: RemotePatterns
  readonly validators: Validators | undefined
  readonly maxBytes: number
  /** Milliseconds, redirects included. */
  readonly timeout: number
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MAX_REDIRECTS = 5
const GONE = new Set([404, 410])

/**
 * Fetches an image from another server. Wherever that redirects to must be allowed, too.
 *
 * @throws FST_NETLIFY_IMAGE_NOT_ALLOWED, FST_NETLIFY_IMAGE_NOT_FOUND, FST_NETLIFY_IMAGE_UNREACHABLE
 */
export async function fetchRemoteImage (source: URL, { patterns, validators, maxBytes, timeout }: RemoteOptions): Promise<RemoteAnswer> {
  const signal = AbortSignal.timeout(timeout)
  let url = source
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const permission = patterns.allow(url)
    if (permission === undefined) throw new FST_NETLIFY_IMAGE_NOT_ALLOWED(source.href)
    let response: IncomingMessage
    try {
      response = await request(url, { privateAddresses: permission.privateAddresses, validators, signal })
    } catch (error) {
      throw failure(source, error, signal)
    }
    const { statusCode = 0, headers } = response
    if (REDIRECTS.has(statusCode) && headers.location !== undefined && URL.canParse(headers.location, url)) {
      response.destroy()
      url = new URL(headers.location, url)
      continue
    }
    try {
      return await readAnswer(source, response, maxBytes)
    } catch (error) {
      throw failure(source, error, signal)
    } finally {
      response.destroy()
    }
  }
  throw new FST_NETLIFY_IMAGE_UNREACHABLE(source.href, `its server redirects more than ${MAX_REDIRECTS} times`)
}

async function request (url: URL, { privateAddresses, validators, signal }: { privateAddresses: boolean, validators: Validators | undefined, signal: AbortSignal }): Promise<IncomingMessage> {
  if (!privateAddresses) checkHost(url.hostname)
  const headers: Record<string, string> = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'fastify-netlify-functions' }
  if (validators?.etag !== undefined) headers['if-none-match'] = validators.etag
  if (validators?.lastModified !== undefined) headers['if-modified-since'] = validators.lastModified
  const get = url.protocol === 'https:' ? httpsGet : httpGet
  return await new Promise((resolve, reject) => {
    const options = { headers, signal, agent: false as const, ...privateAddresses ? {} : { lookup: lookupPublic } }
    get(url, options, resolve).on('error', reject)
  })
}

async function readAnswer (source: URL, response: IncomingMessage, maxBytes: number): Promise<RemoteAnswer> {
  const { statusCode = 0, headers } = response
  const maxAge = maxAgeOf(headers['cache-control'])
  if (statusCode === 304) return { kind: 'unchanged', maxAge }
  if (GONE.has(statusCode)) throw new FST_NETLIFY_IMAGE_NOT_FOUND(source.href)
  if (statusCode !== 200) throw new FST_NETLIFY_IMAGE_UNREACHABLE(source.href, `its server answers ${statusCode}`)

  const chunks: Buffer[] = []
  let length = Number(headers['content-length'] ?? 0)
  if (length <= maxBytes) {
    length = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > maxBytes) break
      chunks.push(chunk)
    }
  }
  if (length > maxBytes) throw new FST_NETLIFY_IMAGE_UNREACHABLE(source.href, `it is larger than ${maxBytes} bytes`)
  return { kind: 'image', bytes: Buffer.concat(chunks), validators: { etag: headers.etag, lastModified: headers['last-modified'] }, maxAge }
}

/** Seconds; 0 for what must not be stored, `undefined` where the server says nothing. */
function maxAgeOf (cacheControl: string | undefined): number | undefined {
  if (cacheControl === undefined) return undefined
  if (/\b(?:no-store|no-cache|private)\b/i.test(cacheControl)) return 0
  const [, seconds] = /\bs-maxage=(\d+)/i.exec(cacheControl) ?? /\bmax-age=(\d+)/i.exec(cacheControl) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

/** Clients learn no more than the kind of the failure: addresses of this network are none of their business. */
function failure (source: URL, error: unknown, signal: AbortSignal): Error {
  if (error instanceof PrivateAddressError) return new FST_NETLIFY_IMAGE_NOT_ALLOWED(source.href, { cause: error })
  const { code, message } = error as NodeJS.ErrnoException
  if (code?.startsWith('FST_')) return error as Error
  const reason = signal.aborted ? 'its server takes too long' : code ?? message
  return new FST_NETLIFY_IMAGE_UNREACHABLE(source.href, reason, { cause: error })
}
