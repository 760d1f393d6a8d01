import t from 'tap'
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createSite, listen } from '../helper.ts'

const FUNCTIONS = {
  'netlify/functions/hello.mjs': 'export default () => new Response("hello")',
  'netlify/functions/echo.mjs': 'export default async (request) => new Response(request.body)',
  'netlify/functions/boom.mjs': 'export default () => { throw new Error("boom") }',
  'netlify/functions/path.mjs': 'export default (request, { params }) => new Response(params.id)\nexport const config = { path: "/items/:id" }',
  'netlify/functions/stream.mjs': `
    export default () => {
      let left = 3
      return new Response(new ReadableStream({
        async pull (controller) {
          await new Promise(setImmediate)
          if (left-- > 0) controller.enqueue(new TextEncoder().encode('chunk '))
          else controller.close()
        }
      }))
    }`
}

/** As tools that trace calls do it. */
function wrapHandlers (app: FastifyInstance, ended: string[]): void {
  app.addHook('onRoute', (route) => {
    const { handler } = route
    route.handler = async function (request, reply) {
      const result: unknown = await handler.call(this, request, reply)
      ended.push(request.url)
      return result
    }
  })
}

t.test('a hook of the host may wrap the handlers of the site in async functions', async (t) => {
  const root = await createSite(t, FUNCTIONS)
  const { logger, lines } = captureLog('warn')
  const app = Fastify({ logger })
  t.teardown(async () => { await app.close() })
  const ended: string[] = []
  wrapHandlers(app, ended)
  await app.register(netlifyFunctions, { root })
  const origin = await listen(app)
  const get = async (path: string, init?: RequestInit): Promise<[number, string]> => {
    const response = await fetch(`${origin}${path}`, init)
    return [response.status, await response.text()]
  }

  t.strictSame(await get('/.netlify/functions/hello'), [200, 'hello'])
  t.strictSame(await get('/.netlify/functions/stream'), [200, 'chunk chunk chunk '])
  t.strictSame(await get('/.netlify/functions/echo', { method: 'POST', body: 'sent' }), [200, 'sent'])
  t.strictSame(await get('/items/7'), [200, '7'])
  t.equal((await get('/.netlify/functions/boom'))[0], 500)
  t.equal((await app.inject('/.netlify/functions/stream')).body, 'chunk chunk chunk ')
  t.strictSame(lines.map(({ err }) => err?.code), ['FST_NETLIFY_FUNCTION_FAILED'], 'nothing else is logged')
  t.ok(ended.includes('/.netlify/functions/stream'), 'the wrapped handler ends with the reply')
})
