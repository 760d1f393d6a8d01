import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { PublishedFiles } from '../site/published-files.ts'

/** Netlify's default: browsers keep a file and ask each time whether it is still the same. */
const CACHE_CONTROL = 'public, max-age=0, must-revalidate'

export interface StaticServer {
  /** @param file of `files` */
  send (reply: FastifyReply, file: string, files: PublishedFiles): FastifyReply
  sendNotFoundPage (reply: FastifyReply, files: PublishedFiles): Promise<FastifyReply>
}

/** Sends published files through @fastify/static: etag, range, last-modified, 304. */
export async function createStaticServer (app: FastifyInstance): Promise<StaticServer> {
  // Every file is sent from the directory of its version; this one is only there because there must be one.
  await app.register(fastifyStatic, { root: import.meta.dirname, serve: false, cacheControl: false, index: false, dotfiles: 'allow' })
  return {
    send: (reply, file, { directory }) => reply.header('cache-control', CACHE_CONTROL).sendFile(file, directory, { cacheControl: false, index: false, dotfiles: 'allow' }),
    async sendNotFoundPage (reply, { directory }) {
      const page = await readFile(join(directory, '404.html')).catch(() => undefined)
      if (page === undefined) {
        reply.callNotFound()
        return reply
      }
      return reply.code(404).header('cache-control', CACHE_CONTROL).type('text/html; charset=utf-8').send(page)
    }
  }
}
