import { setTimeout as delay } from 'node:timers/promises'
import { format } from 'node:util'
import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_INVALID_OPTION, FST_NETLIFY_MISSING_PACKAGE } from '../errors.ts'

export interface BlobsOptions {
  /** Absolute. */
  readonly directory: string
  /** Whose stores these are. */
  readonly siteId: string | undefined
  readonly deployId: string
  readonly log: FastifyBaseLogger
}

/** A site's Blobs, kept by the server that @netlify/blobs brings, and where functions find it. */
export interface Blobs {
  /** Value of `BLOBS_VARIABLE`. */
  readonly context: string
  /** Value of `event.blobs`, which `connectLambda(event)` reads beside `headers`. */
  readonly event: string
  readonly headers: Readonly<Record<string, string>>
  close (): Promise<void>
}

/** Where `getStore()` of @netlify/blobs looks for its server, through `Netlify.env`. */
export const BLOBS_VARIABLE = 'NETLIFY_BLOBS_CONTEXT'
const PACKAGE = '@netlify/blobs'
const LOOPBACK = '127.0.0.1'
/** As Netlify's local emulators call a site and a deploy that have no id. */
export const NO_SITE = 'unlinked'
export const NO_DEPLOY = '0'
/** Netlify's own default. It only has to be one that the package knows. */
const REGION = 'us-east-2'
/** Milliseconds; the functions have come to their end by then. */
const CLOSE_TIMEOUT = 1_000

/**
 * Starts a Blobs server on a free port of the loopback that answers to a token of its own only.
 *
 * @throws FST_NETLIFY_MISSING_PACKAGE, FST_NETLIFY_INVALID_OPTION
 */
export async function startBlobs ({ directory, siteId = NO_SITE, deployId, log }: BlobsOptions): Promise<Blobs> {
  const { BlobsServer } = await loadServer()
  const token = crypto.randomUUID()
  const server = new BlobsServer({
    directory,
    token,
    debug: true,
    logger: (...message) => log.debug(format(...message)),
    // Handed to `listen()` as it is; a mere number would open the port to every network of the machine.
    port: { host: LOOPBACK, port: 0 } as unknown as number
  })
  const { port } = await server.start().catch((error: Error) => {
    throw new FST_NETLIFY_INVALID_OPTION('blobs', `cannot be used: ${error.message}`, { cause: error })
  })
  const url = `http://${LOOPBACK}:${port}`
  const deployID = deployId || NO_DEPLOY
  return {
    context: encode({ edgeURL: url, uncachedEdgeURL: url, token, siteID: siteId, deployID, primaryRegion: REGION }),
    event: encode({ primary_region: REGION, url, url_uncached: url, token }),
    headers: { 'x-nf-site-id': siteId, 'x-nf-deploy-id': deployID },
    async close () {
      await Promise.race([server.stop(), delay(CLOSE_TIMEOUT, undefined, { ref: false })])
    }
  }
}

async function loadServer (): Promise<typeof import('@netlify/blobs/server')> {
  try {
    return await import('@netlify/blobs/server')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new FST_NETLIFY_MISSING_PACKAGE('blobs', PACKAGE, PACKAGE, { cause: error })
  }
}

function encode (value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64')
}
