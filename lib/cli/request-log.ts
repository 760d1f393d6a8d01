import Fastify, { type FastifyServerOptions } from 'fastify'

/** Leaves out Fastify's two lines per request: invocations have one of their own. Errors stay. */
export function withoutRequestLines (): FastifyServerOptions {
  const { LogController } = Fastify
  // Fastify before 5.12 has none, and only a setting that leaves out errors, too.
  if (LogController === undefined) return {}
  class FewerLines extends LogController {
    override incomingRequest (): void {}

    override requestCompleted (...args: Parameters<InstanceType<typeof LogController>['requestCompleted']>): void {
      if (args[0]) super.requestCompleted(...args)
    }
  }
  return { logController: new FewerLines() }
}
