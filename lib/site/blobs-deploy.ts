import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, openAsBlob } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import * as fastq from 'fastq'
import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { NO_DEPLOY, NO_SITE } from './blobs.ts'
import { findDeployedBlobs, type DeployedBlob } from './deployed-blobs.ts'

export interface BlobsDeployOptions {
  /** Directories of the site that may have blobs; the first that has any counts. */
  readonly places: readonly string[]
  /** Of the stores; absolute. */
  readonly directory: string
  readonly siteId: string | undefined
  readonly deployId: string
  readonly log: FastifyBaseLogger
}

/** What of the deploy's store came with the site: keys, and what makes the content. */
type Manifest = Record<string, string>

const AT_ONCE = 20
/** Bytes that are read in one go. */
const SMALL = 1024 * 1024
/** Milliseconds; Fastify's `pluginTimeout` is 10,000. */
const LONGEST_WAIT = 4_000

/**
 * Puts the blobs that came with the site into the store of its deploy, where `getDeployStore()` finds them. What was put there
 * before is left as it is, also if a function has changed it meanwhile, and goes when the site has it no more.
 * Runs where `Netlify.env` is the site's. What takes long goes on after it has resolved.
 *
 * @throws FST_NETLIFY_INVALID_FRAMEWORK_CONFIG, FST_NETLIFY_INVALID_OPTION
 */
export async function deployBlobs (options: BlobsDeployOptions, longestWait: number = LONGEST_WAIT): Promise<void> {
  const { log } = options
  const deploying = deployAll(options)
  const isDone = await Promise.race([deploying.then(() => true), delay(longestWait, false, { ref: false })])
  if (isDone) return
  log.warn('the blobs that came with the site are still being written, while it is served already')
  deploying.then(() => { log.info('the blobs that came with the site are written') }, (error: Error) => { log.error({ err: error }, 'blobs that came with the site are not written') })
}

async function deployAll ({ places, directory, siteId = NO_SITE, deployId, log }: BlobsDeployOptions): Promise<void> {
  const found = await findDeployedBlobs(places)
  const file = join(directory, 'deployed', encodeURIComponent(siteId), `${encodeURIComponent(deployId || NO_DEPLOY)}.json`)
  const before = await readManifest(file)
  const now: Manifest = Object.fromEntries(await inTurns(found, async (blob) => [blob.key, await digestOf(blob)] as const))
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(now, key))
  const changed = found.filter(({ key }) => before[key] !== now[key])
  if (gone.length === 0 && changed.length === 0) return

  const { getDeployStore } = await import('@netlify/blobs')
  const store = getDeployStore({ fetch: fetchOnce })
  try {
    const { blobs } = await store.list()
    const foreign = blobs.map(({ key }) => decode(key)).filter((key) => !Object.hasOwn(before, key))
    const left = new Set(withoutPlace(Object.keys(now), foreign))
    if (left.size > 0) log.warn({ keys: [...left].sort() }, 'blobs of the deploy are left out: a store is a directory, where "a" and "a/b" cannot both be')

    // Before the others, as one that is gone may be the directory of a new one. What a function put below it would go with it.
    const ofFunctions = new Set(foreign.flatMap(parentsOf))
    await inTurns(gone.filter((key) => !ofFunctions.has(key)), async (key) => { await store.delete(key) })
    const written = changed.filter(({ key }) => !left.has(key))
    await inTurns(written, async ({ key, file, metadata }) => await store.set(key, await contentOf(file), { metadata }))
    await writeManifest(file, Object.fromEntries(Object.entries(now).filter(([key]) => !left.has(key))))
    log.debug({ blobs: found.length, written: written.length }, 'blobs of the deploy')
  } catch (error) {
    throw new FST_NETLIFY_INVALID_OPTION('blobs', `cannot take the blobs that came with the site: ${(error as Error).message}`, { cause: error })
  }
}

/** Keys that others have for a directory, or that have another for one. */
function withoutPlace (keys: readonly string[], foreign: readonly string[]): string[] {
  const taken = new Set(foreign)
  const directories = new Set([...foreign, ...keys].flatMap(parentsOf))
  return keys.filter((key) => directories.has(key) || parentsOf(key).some((parent) => taken.has(parent)))
}

/** The package tries five times more, and waits each time, when its own server has failed. Nothing changes meanwhile. */
async function fetchOnce (...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request)
  return response.status < 500 ? response : new Response(null, { status: 400, headers: response.headers })
}

/** `a` and `a/b` of `a/b/c`. */
function parentsOf (key: string): string[] {
  return Array.from(key.matchAll(/\//g), ({ index }) => key.slice(0, index))
}

/** The package's server lists keys percent-encoded. */
function decode (key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

async function inTurns<Item, Result> (items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const queue = fastq.promise(work, AT_ONCE)
  return await Promise.all(items.map(async (item) => await queue.push(item)))
}

async function digestOf ({ file, metadata }: DeployedBlob): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(metadata))
  if (await isSmall(file)) hash.update(await readFile(file))
  else await pipeline(createReadStream(file), hash)
  return hash.digest('base64url')
}

/** Node.js 22.13 warns that `openAsBlob()` is experimental; most sites have no need of it. */
async function contentOf (file: string): Promise<Blob> {
  return await isSmall(file) ? new Blob([await readFile(file)]) : await openAsBlob(file)
}

async function isSmall (file: string): Promise<boolean> {
  return (await stat(file)).size < SMALL
}

async function readManifest (file: string): Promise<Manifest> {
  try {
    return Object(JSON.parse(await readFile(file, 'utf8'))) as Manifest
  } catch {
    return {} // none yet, or a broken one: everything is put there again
  }
}

async function writeManifest (file: string, manifest: Manifest): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const draft = `${file}.${randomBytes(6).toString('hex')}.tmp`
  await writeFile(draft, JSON.stringify(manifest))
  await rename(draft, file)
}
