import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createSite, listen, type SiteFiles } from '../helper.ts'

/** A site that has the packages of this repository. */
async function startApp (t: Parameters<typeof createSite>[0], files: SiteFiles): Promise<{ app: FastifyInstance, origin: string }> {
  const root = await createSite(t, files)
  await symlink(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'))
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root })
  return { app, origin: await listen(app) }
}

t.test('new Request(request) is a copy with everything, and takes the body', async (t) => {
  const { origin } = await startApp(t, {
    'netlify/functions/copy.mjs': `
      export default async (request) => {
        const copy = new Request(request, { headers: { ...Object.fromEntries(request.headers), 'x-added': '1' } })
        return Response.json([request instanceof Request, copy.method, copy.url === request.url, copy.headers.get('x-sent'), copy.headers.get('x-added'), await copy.text(), request.bodyUsed])
      }`
  })
  const response = await fetch(`${origin}/.netlify/functions/copy?a=b`, { method: 'PUT', headers: { 'x-sent': 'yes' }, body: 'the body' })
  t.same(await response.json(), [true, 'PUT', true, 'yes', '1', 'the body', true])
})

t.test('fetch(request) and fetch(url, request) send it on', async (t) => {
  const upstream = createServer(async (request, response) => {
    const chunks: Buffer[] = await Array.fromAsync(request)
    response.end(`${request.method} ${request.url} ${request.headers['x-sent']} ${Buffer.concat(chunks)}`)
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => {
    upstream.close()
    upstream.closeAllConnections()
  })
  const host = `127.0.0.1:${(upstream.address() as AddressInfo).port}`
  const { app } = await startApp(t, {
    'netlify/functions/proxy.mjs': 'export default async (request) => await fetch(request)',
    'netlify/functions/elsewhere.mjs': 'export default async (request) => await fetch(new URL("/other", request.url), request)'
  })
  const sent = { method: 'POST', headers: { host, 'x-sent': 'yes' }, payload: 'the body' } as const
  t.equal((await app.inject({ url: '/.netlify/functions/proxy?a=b', ...sent })).body, 'POST /.netlify/functions/proxy?a=b yes the body')
  t.equal((await app.inject({ url: '/.netlify/functions/elsewhere', ...sent })).body, 'POST /other yes the body')
})

t.test('hono serves a function, another app mounted in it, and sees context', async (t) => {
  const { origin } = await startApp(t, {
    'netlify/functions/hono.mjs': `
      import { Hono } from 'hono'
      import { handle } from 'hono/netlify'
      const app = new Hono()
      app.get('/site/hello/:name', (c) => c.text('hello ' + c.req.param('name') + ' from ' + c.env.context.requestId.length))
      app.post('/site/echo', async (c) => c.json({ got: await c.req.json(), header: c.req.header('x-sent') }))
      app.mount('/site/mounted', async (request) => new Response(new URL(request.url).pathname + ' ' + request.method + ' ' + await request.text(), { headers: { 'x-mounted': 'yes' } }))
      export default handle(app)
      export const config = { path: '/site/*' }`,
    'netlify/functions/plain.mjs': `
      import { Hono } from 'hono'
      const app = new Hono()
      app.all('*', async (c) => c.text(c.req.method + ' ' + c.req.path + ' ' + await c.req.text(), 201))
      export default app
      export const config = { path: '/plain/*' }`
  })
  t.equal(await (await fetch(`${origin}/site/hello/ada`)).text(), 'hello ada from 26')
  const echo = await fetch(`${origin}/site/echo`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-sent': 'yes' }, body: '{"a":1}' })
  t.same(await echo.json(), { got: { a: 1 }, header: 'yes' })
  const mounted = await fetch(`${origin}/site/mounted/deep/er`, { method: 'POST', body: 'x' })
  t.equal(await mounted.text(), '/deep/er POST x')
  t.equal(mounted.headers.get('x-mounted'), 'yes')
  const plain = await fetch(`${origin}/plain/x`, { method: 'PUT', body: 'y' })
  t.equal(plain.status, 201)
  t.equal(await plain.text(), 'PUT /plain/x y')
})
