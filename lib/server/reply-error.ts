import type { FastifyReply } from 'fastify'

/** Answers with an error that came up after the handler had returned, as Fastify does with a handler's rejection. */
export function replyError (reply: FastifyReply, error: Error): void {
  if (reply.sent) {
    reply.log.error({ err: error }, 'a function failed after its reply had been sent')
    return
  }
  try {
    reply.send(error)
  } catch (thrown) {
    reply.send(thrown)
  }
}
