import Fastify from 'fastify'
import { listen, type BenchServer } from '../server.ts'

/** What one would write first: a global `Request` for each request, and the `Response` left to Fastify. */
export const server: BenchServer = {
  title: 'Fastify with global `Request` and `Response`',
  async start (_workload, workloads) {
    const app = Fastify()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    for (const { method, route, handler } of workloads) {
      if (handler === undefined) continue
      app.route<{ Params: Record<string, string>, Body: BodyInit | undefined }>({
        method,
        url: route,
        async handler (request, reply) {
          const { method, headers, body = null, params } = request
          const url = `${request.protocol}://${request.host}${request.url}`
          const response = await handler(new Request(url, { method, headers: headers as Record<string, string>, body }), { params })
          return reply.send(response)
        }
      })
    }
    return await listen(app)
  }
}
