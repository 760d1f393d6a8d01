import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { captureLog, createApp } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

/** A test site has no packages of its own. */
const functionsPackage = fileURLToPath(import.meta.resolve('@netlify/functions'))

t.test('params, url and path say how the function was reached', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/guide.mts': `
      import type { Config, Context } from '@netlify/functions'
      export default async (request: Request, context: Context) => Response.json({
        params: context.params, isUrl: context.url instanceof URL, url: context.url, same: context.url.href === request.url, path: context.path
      })
      export const config: Config = { path: ['/travel-guide/:city/:country', '/sale/*'] }`,
    'netlify/functions/plain.mjs': 'export default (request, context) => Response.json({ params: context.params, path: context.path })'
  })
  t.match((await app.inject('/travel-guide/S%C3%A3o%20Paulo/brazil?when=now')).json(), {
    params: { city: 'S%C3%A3o%20Paulo', country: 'brazil' }, isUrl: true, same: true, path: '/travel-guide/:city/:country'
  })
  t.match((await app.inject('/sale/shoes/red')).json(), { params: { 0: 'shoes/red' }, path: '/sale/*' })
  t.strictSame((await app.inject('/.netlify/functions/plain')).json(), { params: {} })
})

t.test('ip is the address of the client, or what a trusted proxy says', async (t) => {
  const files = { 'netlify/functions/ip.mjs': 'export default (request, context) => new Response(context.ip)' }
  const headers = { 'x-forwarded-for': '192.0.2.7, 198.51.100.1', 'x-nf-client-connection-ip': '203.0.113.9' }
  const app = await createApp(t, files)
  t.equal((await app.inject({ url: '/.netlify/functions/ip', headers, remoteAddress: '192.0.2.200' })).body, '192.0.2.200')
  const behindProxy = await createApp(t, files, {}, { trustProxy: '127.0.0.1' })
  t.equal((await behindProxy.inject({ url: '/.netlify/functions/ip', headers })).body, '198.51.100.1')
})

t.test('json makes a response', async (t) => {
  const app = await createApp(t, { 'netlify/functions/json.mjs': 'export default (request, { json }) => json({ a: ["ü"] })' })
  const response = await app.inject('/.netlify/functions/json')
  t.match(response.headers['content-type'], /^application\/json/)
  t.same(response.json(), { a: ['ü'] })
})

t.test('log writes a line with the function and the request id', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/logging.mjs': 'export default (request, { log }) => { log("%s pies for", 3, { name: "Ada" }) }' }, {}, { logger: log.logger })
  const { headers } = await app.inject('/.netlify/functions/logging')
  const line = await log.line(({ msg }) => msg === '3 pies for { name: \'Ada\' }')
  t.match(line, { level: 30, function: 'logging', requestId: headers['x-nf-request-id'] })
})

t.test('cookies reads those of the request', async (t) => {
  const app = await createApp(t, { 'netlify/functions/cookies.mjs': 'export default (request, { cookies }) => Response.json([cookies.get("a") ?? null, cookies.get("b") ?? null, cookies.get("toString") ?? null])' })
  const response = await app.inject({ url: '/.netlify/functions/cookies', headers: { cookie: 'a=1; b=x=y%20z' } })
  t.same(response.json(), ['1', 'x=y%20z', null])
})

t.test('site, deploy, account and server show who runs it', async (t) => {
  const site = { id: 's', name: 'n', url: 'https://example.com' }
  const deploy = { id: 'd', context: 'staging', branch: 'b', published: false }
  const source = 'export default (request, { site, deploy, account, server }) => Response.json({ site, deploy, account, server })'
  const app = await createApp(t, { 'netlify/functions/identity.mjs': source }, { site, deploy, account: { id: 'a' }, env: { AWS_REGION: 'eu-central-1' } })
  const without = await createApp(t, { 'netlify/functions/identity.mjs': source })

  t.strictSame((await app.inject('/.netlify/functions/identity')).json(), { site, deploy, account: { id: 'a' }, server: { region: 'eu-central-1' } })
  t.strictSame((await without.inject('/.netlify/functions/identity')).json(), {
    site: {}, deploy: { branch: '', context: 'production', id: '', published: true }, account: { id: '' }, server: { region: 'dev' }
  })
})

t.test('a context is plain data of one call: changing it changes no other', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/greedy.mjs': `
      export default (request, context) => {
        const copy = { ...context }
        const seen = [context.url.pathname, context.params.id, context.site.id, context.deploy.context]
        copy.url.pathname = '/changed'
        for (const part of [context.params, context.site, context.deploy, context.account]) for (const key in part) part[key] = 'changed'
        return Response.json(seen)
      }
      export const config = { path: '/greedy/:id' }`
  }, { site: { id: 's' }, deploy: { context: 'staging' } })
  for (let call = 0; call < 2; call++) t.same((await app.inject('/greedy/7')).json(), ['/greedy/7', '7', 's', 'staging'])
})

t.test('getContext() and Netlify.context are the context of the call, and there is none outside', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/ambient.mts': `
      import { getContext } from '${functionsPackage}'
      const outside = Netlify.context
      let thrown: unknown
      try { getContext() } catch (error) { thrown = (error as Error).message }
      export default async (request: Request, context: unknown) => {
        await new Promise((resolve) => setImmediate(resolve))
        return Response.json([outside, thrown !== undefined, Netlify.context === context, getContext() === context])
      }`
  })
  t.same((await app.inject('/.netlify/functions/ambient')).json(), [null, true, true, true])
  t.equal((globalThis as { Netlify?: { context: unknown } }).Netlify?.context, null)
})

t.test('100 interleaved requests each see their own', async (t) => {
  const calls = 100
  let waiting = 0
  probe.on('waiting', () => { if (++waiting === calls) probe.emit('all') })
  probe.setMaxListeners(calls + 10)
  const app = await createApp(t, {
    'netlify/functions/interleaved.mts': `
      import type { Context } from '@netlify/functions'
      import { getContext } from '${functionsPackage}'
      function seen (): unknown[] {
        const context = Netlify.context!
        return [context.params.id, context.requestId, context.url.searchParams.get('q'), context.cookies.get('c'), context.ip, getContext().requestId]
      }
      export default async (request: Request, context: Context) => {
        const before = seen()
        context.cookies.set('c', context.params.id!)
        const all = new Promise((resolve) => probe.once('all', resolve))
        probe.emit('waiting')
        await all
        const after = await new Promise((resolve) => setTimeout(() => resolve(seen()), Math.random() * 20))
        return Response.json({ before, after, body: await request.text(), own: [context.params.id, context.requestId, request.url] })
      }
      export const config = { path: '/interleaved/:id' }`
  })
  const replies = await Promise.all(Array.from({ length: calls }, async (_, id) => await app.inject({
    method: 'POST', url: `/interleaved/${id}?q=${id}`, headers: { cookie: `c=c${id}` }, remoteAddress: `192.0.2.${id}`, payload: `body ${id}`
  })))
  for (const [id, reply] of replies.entries()) {
    const requestId = reply.headers['x-nf-request-id']
    const seen = [String(id), requestId, String(id), `c${id}`, `192.0.2.${id}`, requestId]
    t.match(reply.json(), { before: seen, after: seen, body: `body ${id}`, own: [String(id), requestId] })
    t.equal(reply.headers['set-cookie'], `c=${id}`)
  }
})
