import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, RouteShorthandOptions } from 'fastify'

const VALID = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/
const ANY = /^/
/** The header as sent, of requests that show Fastify another one. */
const setAside = new WeakMap<IncomingMessage, string | undefined>()

/**
 * Lets every body through as the stream it is. Fastify answers 415 to a `content-type` it cannot
 * parse, whatever the parser, and takes a body over HTTP/2 that has neither type nor length for none;
 * a function decides that itself, so Fastify is shown a type that says nothing.
 *
 * @returns the hooks of routes whose requests may have a body; others do without
 */
export function acceptRawBodies (app: FastifyInstance): Pick<RouteShorthandOptions, 'onRequest' | 'preHandler'> {
  app.removeAllContentTypeParsers()
  // The second is for bodies without a type. Fastify remembers which types are for the first, and would look anew each time.
  for (const types of [ANY, '*']) app.addContentTypeParser(types, (_request, payload, done) => done(null, payload))
  return {
    onRequest ({ raw }, _reply, done) {
      const type = raw.headers['content-type']
      if (type === undefined ? raw.httpVersionMajor === 2 : !VALID.test(type)) {
        setAside.set(raw, type)
        raw.headers['content-type'] = 'application/octet-stream'
      }
      done()
    },
    preHandler ({ raw }, _reply, done) {
      if (setAside.has(raw)) {
        const type = setAside.get(raw)
        if (type === undefined) delete raw.headers['content-type']
        else raw.headers['content-type'] = type
      }
      done()
    }
  }
}
