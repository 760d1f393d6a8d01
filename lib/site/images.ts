import { createHash } from 'node:crypto'
import * as fastq from 'fastq'
import { FST_NETLIFY_IMAGE_NOT_ALLOWED, FST_NETLIFY_IMAGE_NOT_FOUND, FST_NETLIFY_IMAGES_UNAVAILABLE, FST_NETLIFY_INVALID_IMAGE, FST_NETLIFY_INVALID_IMAGE_REQUEST, FST_NETLIFY_TOO_MANY_IMAGES } from '../errors.ts'
import { createImageCache } from './images/cache.ts'
import { formatOf, negotiate, SVG, type ImageFormat } from './images/format.ts'
import { readImageRequest, type ImageRequest } from './images/request.ts'
import type { RemotePatterns } from './images/remote-patterns.ts'
import { bytesSource, fileSource, remoteSource, type ImageSource } from './images/source.ts'
import { loadTransform, type Ipx, type Transform } from './images/transform.ts'

/** An image as it is sent. */
export interface Image {
  readonly type: string
  readonly bytes: Buffer
  /** With its quotes. */
  readonly etag: string
  /** Whether another `accept` header could give another image. */
  readonly negotiated: boolean
}

/** Where the sources of a site's images are. */
export interface ImageOrigins {
  readonly remote: RemotePatterns
  /** Origins that are the site itself, as clients call it. */
  readonly own: readonly string[]
  /** The absolute path of the published file with this URL path. */
  file (path: string): string | undefined
  /** What else of the site answers a GET of this URL path and query, if that is an answer of 200. */
  answer (target: string): Promise<Buffer | undefined>
}

export interface Images {
  /**
   * Gives the image that a query asks for.
   * @throws FST_NETLIFY_INVALID_IMAGE_REQUEST, FST_NETLIFY_INVALID_IMAGE_PARAMETER, FST_NETLIFY_INVALID_IMAGE, FST_NETLIFY_IMAGE_NOT_FOUND,
   * FST_NETLIFY_IMAGE_NOT_ALLOWED, FST_NETLIFY_IMAGE_UNREACHABLE, FST_NETLIFY_IMAGES_UNAVAILABLE, FST_NETLIFY_TOO_MANY_IMAGES
   */
  get (search: string, accept: string | undefined, origins: ImageOrigins): Promise<Image>
}

export interface ImagesOptions {
  /** Of the cache. */
  readonly directory: string
  /** Bytes of the cache. */
  readonly maxBytes: number
  /** Transformations at once. */
  readonly concurrency: number
  readonly onCacheError: (error: Error) => void
  /** Stands for `import('ipx')`. */
  readonly load?: () => Promise<Ipx>
}

interface Work {
  readonly bytes: Buffer
  readonly request: ImageRequest
  readonly format: ImageFormat | 'blurhash'
}

/** Transformations that may wait for their turn. */
const MAX_WAITING = 200
/** Another one whenever the same request would give another result than before. */
const METHOD = 1
const TYPES = { blurhash: 'text/plain; charset=utf-8', svg: 'image/svg+xml' } as const
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:/i

/** Transforms the images of a site, each once. Nothing is loaded or made before the first request. */
export function createImages ({ directory, maxBytes, concurrency, onCacheError, load }: ImagesOptions): Images {
  const cache = createImageCache({ directory, maxBytes, onError: onCacheError })
  const underWay = new Map<string, Promise<Buffer>>()
  const queue = fastq.promise(transform, concurrency)
  let loaded: Promise<Transform> | undefined

  async function transformer (): Promise<Transform> {
    loaded ??= loadTransform(load)
    try {
      return await loaded
    } catch (error) {
      // It may be installed by the next request.
      loaded = undefined
      throw new FST_NETLIFY_IMAGES_UNAVAILABLE({ cause: error })
    }
  }

  /** Gets its bytes here, as those of hundreds that wait would fill the memory. */
  async function transform (work: () => Promise<Work>): Promise<Buffer> {
    const [{ bytes, request, format }, apply] = [await work(), await transformer()]
    return await apply(bytes, request, format)
  }

  return {
    async get (search, accept, origins) {
      const request = readImageRequest(search)
      const source = await findSource(request.url, origins)
      // Once at most, and not for a result that is there.
      let read: Promise<Buffer> | undefined
      const bytes = async (): Promise<Buffer> => await (read ??= source.read())
      const kind = await kindOf(source, bytes)
      if (kind === undefined) throw new FST_NETLIFY_INVALID_IMAGE(request.url, 'it is neither jpeg, png, webp, avif, gif nor svg')
      // Scaled by its reader, and a program to whoever else would draw it.
      if (kind === SVG) return imageOf(await bytes(), TYPES.svg, false)

      const format = request.format ?? negotiate(kind, accept)
      const result = await transformOnce(keyOf(source.identity, request, format), async () => ({ bytes: await bytes(), request, format }))
      return imageOf(result, format === 'blurhash' ? TYPES.blurhash : `image/${format}`, request.format === undefined)
    }
  }

  /** Requests for the same image wait for the same work. */
  async function transformOnce (key: string, work: () => Promise<Work>): Promise<Buffer> {
    const running = underWay.get(key)
    if (running !== undefined) return await running
    const started = fromCacheOr(key, work).finally(() => { underWay.delete(key) })
    underWay.set(key, started)
    return await started
  }

  async function fromCacheOr (key: string, work: () => Promise<Work>): Promise<Buffer> {
    const stored = await cache.read(key)
    if (stored !== undefined) return stored.body
    if (queue.length() >= MAX_WAITING) throw new FST_NETLIFY_TOO_MANY_IMAGES(MAX_WAITING)
    const body = await queue.push(work)
    await cache.write(key, { head: {}, body })
    return body
  }

  /** Remembered, as the name of a file says little and its bytes are not wanted for a result that is there. */
  async function kindOf ({ identity }: ImageSource, bytes: () => Promise<Buffer>): Promise<ReturnType<typeof formatOf>> {
    const key = `format ${identity}`
    const known = (await cache.read(key))?.head.format as ReturnType<typeof formatOf>
    if (known !== undefined) return known
    const format = formatOf(await bytes())
    if (format !== undefined) await cache.write(key, { head: { format }, body: Buffer.of() })
    return format
  }

  async function findSource (given: string, origins: ImageOrigins): Promise<ImageSource> {
    const target = ABSOLUTE.test(given) || given.startsWith('//') ? given : `/${given.replace(/^\/+/, '')}`
    if (!URL.canParse(target, 'http://site')) throw new FST_NETLIFY_INVALID_IMAGE_REQUEST('the parameter "url" is neither a path nor a URL')
    const url = new URL(target, 'http://site')
    if (target.startsWith('/') && !target.startsWith('//')) return await ownSource(given, url, origins)
    if (origins.own.includes(url.origin) && url.username === '' && url.password === '') return await ownSource(given, url, origins)
    if (origins.remote.allow(url) === undefined) throw new FST_NETLIFY_IMAGE_NOT_ALLOWED(given)
    return await remoteSource(url, origins.remote, cache)
  }
}

async function ownSource (given: string, { pathname, search }: URL, origins: ImageOrigins): Promise<ImageSource> {
  const file = origins.file(pathname)
  if (file !== undefined) return await fileSource(given, file)
  const bytes = await origins.answer(`${pathname}${search}`)
  if (bytes === undefined) throw new FST_NETLIFY_IMAGE_NOT_FOUND(given)
  return bytesSource(bytes)
}

function keyOf (identity: string, { width, height, fit, position, quality }: ImageRequest, format: string): string {
  return JSON.stringify([METHOD, identity, format, width, height, fit, position, quality])
}

function imageOf (bytes: Buffer, type: string, negotiated: boolean): Image {
  return { type, bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`, negotiated }
}
