import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { FST_NETLIFY_IMAGE_NOT_FOUND, FST_NETLIFY_INVALID_IMAGE } from '../../errors.ts'
import type { ImageCache } from './cache.ts'
import { fetchRemoteImage, type RemoteAnswer, type Validators } from './remote.ts'
import type { RemotePatterns } from './remote-patterns.ts'

/** An image before it is transformed. */
export interface ImageSource {
  /** Another one as soon as its content is another. */
  readonly identity: string
  read (): Promise<Buffer>
}

export const MAX_SOURCE_BYTES: number = 30 * 1024 * 1024
const REMOTE_TIMEOUT = 10_000
/** Seconds a remote image is taken for unchanged, where its server says nothing, and at most. */
const DEFAULT_MAX_AGE = 300
const LONGEST_MAX_AGE = 86_400

/** A published file. What changes it changes its times, too. @throws FST_NETLIFY_IMAGE_NOT_FOUND */
export async function fileSource (url: string, file: string): Promise<ImageSource> {
  const handle = await open(file).catch((error: Error) => { throw new FST_NETLIFY_IMAGE_NOT_FOUND(url, { cause: error }) })
  const { size, mtimeMs, ctimeMs } = await handle.stat().finally(async () => await handle.close())
  if (size > MAX_SOURCE_BYTES) throw new FST_NETLIFY_INVALID_IMAGE(url, `it is larger than ${MAX_SOURCE_BYTES} bytes`)
  return {
    identity: JSON.stringify(['file', file, size, mtimeMs, ctimeMs]),
    async read () {
      const again = await open(file).catch((error: Error) => { throw new FST_NETLIFY_IMAGE_NOT_FOUND(url, { cause: error }) })
      return await again.readFile().finally(async () => await again.close())
    }
  }
}

/** What a part of the site itself has answered with. */
export function bytesSource (bytes: Buffer): ImageSource {
  return { identity: contentIdentity(bytes), read: async () => bytes }
}

/**
 * An image of another server, which is kept for as long as that allows and then asked for again.
 *
 * @throws FST_NETLIFY_IMAGE_NOT_ALLOWED, FST_NETLIFY_IMAGE_NOT_FOUND, FST_NETLIFY_IMAGE_UNREACHABLE
 */
export async function remoteSource (url: URL, patterns: RemotePatterns, cache: ImageCache): Promise<ImageSource> {
  const record = (await cache.read(recordKey(url)))?.head
  const identity = record?.identity as string | undefined
  const read = async (): Promise<Buffer> => identity === undefined ? await fetchAnew() : (await cache.read(identity))?.body ?? await fetchAnew()
  if (identity !== undefined && Number(record?.freshUntil) > Date.now()) return { identity, read }

  const validators = identity === undefined ? undefined : { etag: record?.etag as string | undefined, lastModified: record?.lastModified as string | undefined }
  const answer = await fetchFrom(validators)
  if (answer.kind === 'image') return bytesSource(answer.bytes)
  if (identity !== undefined) {
    await cache.write(recordKey(url), { head: { ...record, freshUntil: freshUntil(answer.maxAge) }, body: Buffer.of() })
    return { identity, read }
  }
  return bytesSource(await fetchAnew())

  async function fetchAnew (): Promise<Buffer> {
    const answer = await fetchFrom(undefined)
    // Nothing was said to be known, so a server that calls it unchanged has no image.
    if (answer.kind === 'unchanged') throw new FST_NETLIFY_IMAGE_NOT_FOUND(url.href)
    return answer.bytes
  }

  async function fetchFrom (validators: Validators | undefined): Promise<RemoteAnswer> {
    const answer = await fetchRemoteImage(url, { patterns, validators, maxBytes: MAX_SOURCE_BYTES, timeout: REMOTE_TIMEOUT })
    if (answer.kind === 'image' && answer.maxAge !== 0) {
      const identity = contentIdentity(answer.bytes)
      await cache.write(identity, { head: {}, body: answer.bytes })
      await cache.write(recordKey(url), { head: { identity, ...answer.validators, freshUntil: freshUntil(answer.maxAge) }, body: Buffer.of() })
    }
    return answer
  }
}

function recordKey (url: URL): string {
  return `remote ${url.href}`
}

function freshUntil (maxAge = DEFAULT_MAX_AGE): number {
  return Date.now() + Math.min(maxAge, LONGEST_MAX_AGE) * 1000
}

function contentIdentity (bytes: Buffer): string {
  return `content ${createHash('sha256').update(bytes).digest('hex')}`
}
