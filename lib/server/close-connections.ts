import type { FastifyInstance } from 'fastify'

/**
 * Ends the connection of each reply that is written while the app closes. Node.js ends only those that
 * are idle when it begins; one that is busy then would hold up `close()` for its whole keep-alive time.
 */
export function endConnectionsOnClose (app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', (done) => {
    closing = true
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    // The socket of an injected request has no such method; a session of HTTP/2 is ended by Fastify.
    if (closing && request.raw.httpVersionMajor === 1) request.raw.socket.destroySoon?.()
    done()
  })
}
