import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** Looks at each reply of the site just before it is sent. */
export type ConnectionEnder = (reply: FastifyReply, payload: unknown) => void

/** Characters or bytes; a longer body may still be on its way when the app begins to close. */
const SHORT = 16 * 1024

/**
 * Ends the connection of each reply that is written while the app closes. Node.js ends only those that
 * are idle when it begins; one that is busy then would hold up `close()` for its whole keep-alive time.
 */
export function endConnectionsOnClose (app: FastifyInstance): ConnectionEnder {
  let closing = false
  app.addHook('preClose', (done) => {
    closing = true
    done()
  })

  return function beforeSend (reply, payload) {
    // A session of HTTP/2 is ended by Fastify.
    if (reply.request.raw.httpVersionMajor !== 1) return
    if (closing) reply.header('connection', 'close')
    else if (!isShort(payload)) reply.raw.once('close', endConnection)
  }

  function endConnection (this: ServerResponse): void {
    // The socket of an injected request has no such method.
    if (closing) this.req.socket.destroySoon?.()
  }
}

function isShort (payload: unknown): boolean {
  if (payload === undefined || payload === null) return true
  return (typeof payload === 'string' || Buffer.isBuffer(payload)) && payload.length <= SHORT
}
