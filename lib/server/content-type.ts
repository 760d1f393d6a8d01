import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

const VALID = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/
const setAside = new WeakMap<IncomingMessage, string>()

/**
 * Lets every body through as the stream it is. Fastify answers 415 to a `content-type` it cannot
 * parse, whatever the parser; a function decides that itself, so the header is set aside meanwhile.
 */
export function acceptRawBodies (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.addHook('onRequest', (request, _reply, done) => {
    const type = request.headers['content-type']
    if (type !== undefined && !VALID.test(type)) {
      setAside.set(request.raw, type)
      delete request.raw.headers['content-type']
    }
    done()
  })
  app.addHook('preHandler', (request, _reply, done) => {
    const type = setAside.get(request.raw)
    if (type !== undefined) request.raw.headers['content-type'] = type
    done()
  })
}
