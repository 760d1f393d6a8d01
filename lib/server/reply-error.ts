import type { FastifyReply } from 'fastify'

/** Answers with an error that came up after the handler had returned, as Fastify does with a handler's rejection. */
export function replyError (reply: FastifyReply, error: Error): void {
  if (reply.sent) {
    reply.log.error({ err: error }, 'a function failed after its reply had been sent')
    return
  }
  // Fastify sends the headers of an error only where no error handler of the host's answers.
  const { headers } = error as { readonly headers?: Readonly<Record<string, string>> }
  if (headers !== undefined) reply.headers(headers)
  try {
    reply.send(error)
  } catch (thrown) {
    reply.send(thrown)
  }
}
