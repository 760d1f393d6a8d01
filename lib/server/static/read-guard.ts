import { ReadStream } from 'node:fs'
import type { FastifyReply } from 'fastify'
import { FST_NETLIFY_FILE_UNREADABLE } from '../../errors.ts'

/**
 * Looks after a file that changes or disappears while it is sent, so that a client can tell and the next response on
 * its connection is not taken for the rest of this one. Gives what is to be sent.
 */
export function guardFile (reply: FastifyReply, payload: unknown): unknown {
  if (!(payload instanceof ReadStream)) return payload
  const length = Number(reply.getHeader('content-length'))
  if (length === 0) {
    // It would read a byte of a file that has one by now.
    payload.destroy()
    return ''
  }
  payload.once('error', (error: NodeJS.ErrnoException) => {
    reply.log.error({ err: error }, 'a published file cannot be read')
    // Fastify sends this very error, which names a place on the disk.
    const { code, message } = new FST_NETLIFY_FILE_UNREADABLE()
    Object.assign(error, { message, statusCode: error.code === 'ENOENT' ? 404 : 500, code })
  })
  // Before Fastify's own listener ends the response.
  payload.once('end', () => { if (payload.bytesRead < length) reply.raw.destroy() })
  return payload
}
