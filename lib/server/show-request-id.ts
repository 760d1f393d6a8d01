import type { FastifyReply, FastifyRequest } from 'fastify'

/** Gives a request's id to its client and to the lines that Fastify logs about it from here on, so that one leads to the other. */
export function showRequestId (request: FastifyRequest, reply: FastifyReply, requestId: string): void {
  reply.header('x-nf-request-id', requestId)
  reply.log = reply.log.child({ requestId })
  request.log = reply.log
}
