import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_IMAGE_METHOD, FST_NETLIFY_IMAGES_UNAVAILABLE, FST_NETLIFY_TOO_MANY_IMAGES } from '../errors.ts'
import { requestUrl } from '../http/url.ts'
import type { ImageOrigins, Images } from '../site/images.ts'
import { MAX_SOURCE_BYTES } from '../site/images/source.ts'
import { spellingsOf } from '../site/redirects/rule-path.ts'
import type { FunctionCall } from './functions.ts'
import type { CountCall } from './rate-limit.ts'
import type { SiteMatch } from './site-router.ts'
import type { SiteVersion } from './site-version.ts'

/** A request for an image, and the version of the site that its source is looked for in. */
export interface ImageMatch {
  readonly kind: 'image'
  /** The query with its question mark, or nothing. */
  readonly search: string
  readonly version: SiteVersion
}

export interface ImageServer {
  /** Rejects with what `Images.get` does. */
  serve (match: ImageMatch, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
}

export interface ImageServerOptions {
  readonly images: Images
  /** URL prefix of the site. */
  readonly prefix: string
  /** What serves a GET of the site. */
  readonly find: (target: string) => SiteMatch | undefined
  readonly callFunction: (call: FunctionCall, request: Request) => Promise<Response>
  readonly countCall: CountCall
  /** Asks the framework's dev server, if there is one. */
  readonly askDevServer: ((target: string, maxBytes: number) => Promise<Buffer | undefined>) | undefined
}

/** Seconds. */
const RETRY_AFTER = 2
const DEFAULT_URL = /^\/\.netlify\/functions\/([^/?]+)/
/** Netlify's default for everything a deploy may change. */
const CACHE_CONTROL = 'public, max-age=0, must-revalidate'
/** An SVG is a document that could run scripts where it is opened by itself. */
const SECURITY_POLICY = 'default-src \'none\'; style-src \'unsafe-inline\'; img-src data:; font-src data:; sandbox'

/** Serves `/.netlify/images`. */
export function createImageServer ({ images, prefix, find, callFunction, countCall, askDevServer }: ImageServerOptions): ImageServer {
  let isSaid = false

  return {
    async serve ({ search, version }, request, reply) {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        reply.header('allow', 'GET, HEAD')
        throw new FST_NETLIFY_IMAGE_METHOD(request.method)
      }
      const image = await images.get(search, request.headers.accept, originsOf(version, request, reply)).catch((error: Error) => {
        if (error instanceof FST_NETLIFY_IMAGES_UNAVAILABLE && !isSaid) {
          isSaid = true
          request.log.error({ err: error.cause }, 'images cannot be transformed')
        }
        if (error instanceof FST_NETLIFY_TOO_MANY_IMAGES) reply.header('retry-after', RETRY_AFTER)
        throw error
      })
      reply.headers({ etag: image.etag, 'cache-control': CACHE_CONTROL, 'content-security-policy': SECURITY_POLICY, 'x-content-type-options': 'nosniff' })
      if (image.negotiated) reply.header('vary', 'Accept')
      if (isKnown(request.headers['if-none-match'], image.etag)) return reply.code(304).send()
      return reply.header('content-type', image.type).send(image.bytes)
    }
  }

  function originsOf (version: SiteVersion, request: FastifyRequest, reply: FastifyReply): ImageOrigins {
    const { files, headerRules, redirects, identity: { site }, remoteImages } = version
    const { origin } = new URL(requestUrl(request.protocol, request.host, '/'))
    return {
      remote: remoteImages,
      own: [origin, site.url].filter((url) => url !== undefined && URL.canParse(url)).map((url) => new URL(url!).origin),
      file (path) {
        const file = files?.find(path)
        if (files === undefined || file === undefined) return undefined
        // Whoever asks for a transformed image has not been asked for a login.
        if ([path, `/${file}`].some((place) => headerRules?.loginsFor(place) !== undefined)) return undefined
        const stranger = { path, search: '', cookie: undefined, acceptLanguage: undefined, origin: { scheme: request.protocol, host: request.host }, country: null, roles: [] }
        if (spellingsOf(path).some((spelling) => redirects?.needsRole({ ...stranger, path: spelling }))) return undefined
        return join(files.directory, file)
      },
      async answer (target) {
        // The site is asked as a stranger would ask it: nobody's cookies, nobody's address.
        const found = find(`${prefix}${target}`)
        if (found?.kind === 'dev-server') return await askDevServer?.(`${prefix}${target}`, MAX_SOURCE_BYTES)
        const call = found?.kind === 'function' ? found.call : version.callsByName.get(DEFAULT_URL.exec(target)?.[1] ?? '')
        if (call === undefined || call.definition.state === 'failed' || call.definition.kind !== 'request') return undefined
        await countCall(call, request, reply)
        return await bodyOf(await callFunction(call, new Request(`${origin}${prefix}${target}`, { headers: { accept: 'image/*' } })))
      }
    }
  }
}

async function bodyOf (response: Response): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  if (response.status === 200 && response.body !== null) {
    for await (const chunk of response.body) {
      length += chunk.length
      // Leaving the loop tells the function that nobody reads on.
      if (length > MAX_SOURCE_BYTES) return undefined
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
  await response.body?.cancel()
  return undefined
}

/** A cache in between may have marked the tag as weak, which is as good here. */
function isKnown (header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}
