import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_FILE_UNREADABLE, FST_NETLIFY_LOGIN_REQUIRED } from '../errors.ts'
import type { HeaderRules } from '../site/header-rules/table.ts'
import type { CompressedFile, PublishedFiles } from '../site/published-files.ts'
import { chooseCompressed, compressibleType } from './static/content-encoding.ts'
import { isLoggedIn } from './static/login.ts'

/** A request that a published file answers. */
export interface FileMatch {
  readonly kind: 'file'
  readonly file: string
  readonly files: PublishedFiles
  readonly headerRules: HeaderRules | undefined
  /** Below the site's prefix, as it was asked for. */
  readonly path: string
  /** Where the file is to be asked for, if not under `path`. */
  readonly location?: string | undefined
  /** A rewrite may have another than 200. */
  readonly status?: number
}

/** A request that nothing else answers. */
export interface NotFoundPageMatch {
  readonly kind: 'not-found-page'
  readonly files: PublishedFiles
  readonly headerRules: HeaderRules | undefined
  readonly path: string
}

export interface StaticServer {
  send (reply: FastifyReply, match: FileMatch): void
  sendNotFoundPage (reply: FastifyReply, match: NotFoundPageMatch): Promise<FastifyReply>
}

/** What is known of a file that is being sent. */
interface Sending {
  readonly match: FileMatch
  readonly compressed: CompressedFile | undefined
}

const sending = Symbol('the file that is being sent')

interface Reply extends FastifyReply {
  [sending]?: Sending | null
}

/** Netlify's default: browsers keep a file and ask each time whether it is still the same. */
const CACHE_CONTROL = 'public, max-age=0, must-revalidate'
const NOT_FOUND_PAGE = '404.html'
const SEND_OPTIONS = { cacheControl: false, index: false, dotfiles: 'allow' } as const
/** A part of a page, or that it is unchanged, has a status of its own, which is that of a page that was found. */
const CONDITIONS = ['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range']

/** Sends published files through @fastify/static: etag, range, last-modified, 304. */
export async function createStaticServer (app: FastifyInstance): Promise<StaticServer> {
  // Every file is sent from the directory of its version; this one is only there because there must be one.
  await app.register(fastifyStatic, { root: import.meta.dirname, serve: false, ...SEND_OPTIONS, setHeaders })
  app.decorateReply(sending, null)

  return {
    send (reply, match) {
      const { file, files, path, location, status = 200, headerRules } = match
      const { request } = reply
      if (headerRules !== undefined && !mayRead(request, headerRules, path, file)) return refuse(reply)
      if (location !== undefined) return redirect(reply, location)
      if (status !== 200) for (const name of CONDITIONS) delete request.raw.headers[name]
      const compressed = compressedFor(request, files, file)
      ;(reply as Reply)[sending] = { match, compressed }
      reply.code(status).sendFile(compressed?.file ?? file, files.directory, SEND_OPTIONS)
    },

    async sendNotFoundPage (reply, { files: { directory }, headerRules, path }) {
      const page = await readFile(join(directory, NOT_FOUND_PAGE)).catch(() => undefined)
      if (page === undefined) {
        reply.callNotFound()
        return reply
      }
      if (headerRules !== undefined && !mayRead(reply.request, headerRules, path, NOT_FOUND_PAGE)) {
        refuse(reply)
        return reply
      }
      reply.code(404).header('cache-control', CACHE_CONTROL).type('text/html; charset=utf-8')
      setRuled(reply, headerRules, path)
      return reply.send(page)
    }
  }
}

/** What a client may see of an error: not which place on the disk the system has refused to open. */
export function shownError (error: unknown, reply: FastifyReply): unknown {
  const isFiles = (reply as Reply)[sending] != null && error instanceof Error && 'syscall' in error
  if (!isFiles) return error
  reply.log.error({ err: error }, 'a published file cannot be read')
  return new FST_NETLIFY_FILE_UNREADABLE({ cause: error })
}

function mayRead ({ headers }: FastifyRequest, headerRules: HeaderRules, path: string, file: string): boolean {
  return loginsOf(headerRules, path, file).every((logins) => isLoggedIn(headers.authorization, logins))
}

/** Under the path of a rewrite a file needs the logins that it needs under its own. */
function loginsOf (headerRules: HeaderRules, path: string, file: string): Array<readonly string[]> {
  return [path, `/${file}`].map(headerRules.loginsFor).filter((logins) => logins !== undefined)
}

function refuse (reply: FastifyReply): void {
  reply.header('www-authenticate', 'Basic realm="Restricted", charset="UTF-8"').header('cache-control', 'no-store').send(new FST_NETLIFY_LOGIN_REQUIRED())
}

function redirect (reply: FastifyReply, location: string): void {
  reply.code(301).header('location', location).header('cache-control', CACHE_CONTROL).type('text/plain; charset=utf-8').send(`Redirecting to ${location}`)
}

/** Ranges are of the file itself: those of a compressed one would be of no use to a client that has a part of it. */
function compressedFor ({ headers }: FastifyRequest, files: PublishedFiles, file: string): CompressedFile | undefined {
  const compressed = files.compressed(file)
  const accepted = headers['accept-encoding']
  if (compressed === undefined || accepted === undefined || headers.range !== undefined || compressibleType(file) === undefined) return undefined
  return chooseCompressed(accepted.toString(), compressed)
}

/**
 * Called when it is clear that the file is there. @fastify/static has no option by which a single file may be sent
 * compressed, and looks for those that are not there; so what it says about the compressed file is corrected here.
 */
function setHeaders (reply: Reply): void {
  const sent = reply[sending]
  if (sent === null || sent === undefined) return
  const { match: { file, files, headerRules, path }, compressed } = sent
  reply.header('cache-control', CACHE_CONTROL)
  if (compressed !== undefined && reply.statusCode !== 304) reply.header('content-type', compressibleType(file)).header('content-encoding', compressed.encoding)
  setRuled(reply, headerRules, path)
  if (files.compressed(file) !== undefined && compressibleType(file) !== undefined) addVary(reply)
}

function setRuled (reply: FastifyReply, headerRules: HeaderRules | undefined, path: string): void {
  if (headerRules === undefined) return
  for (const [name, value] of headerRules.headersFor(path)) reply.header(name, value)
}

function addVary (reply: FastifyReply): void {
  const vary = reply.getHeader('vary')?.toString() ?? ''
  const names = vary.split(',').map((name) => name.trim().toLowerCase())
  if (!names.includes('accept-encoding') && !names.includes('*')) reply.header('vary', vary === '' ? 'Accept-Encoding' : `${vary}, Accept-Encoding`)
}
