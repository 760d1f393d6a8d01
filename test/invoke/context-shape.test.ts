import t, { type Test } from 'tap'
import { createApp } from '../helper.ts'

const MEMBERS = ['account', 'cookies', 'deploy', 'flags', 'path', 'geo', 'ip', 'json', 'log', 'next', 'params', 'requestId', 'rewrite', 'server', 'site', 'url', 'waitUntil']

/** Runs an expression of `request` and `context` in a function, and gives its value as JSON. */
async function evaluate (t: Test, body: string): Promise<unknown> {
  const app = await createApp(t, { 'netlify/functions/look.mjs': `export default async (request, context) => { ${body} }` })
  const response = await app.inject('/.netlify/functions/look')
  t.equal(response.statusCode, 200, response.body)
  return response.json()
}

t.test('all members of context are own, enumerable data, in Netlify\'s order', async (t) => {
  const seen = await evaluate(t, `
    const descriptors = Object.getOwnPropertyDescriptors(context)
    return Response.json({ names: Reflect.ownKeys(descriptors), plain: Object.values(descriptors).every((d) => d.enumerable && d.writable && d.configurable && 'value' in d) })`)
  t.strictSame(seen, { names: MEMBERS, plain: true })
})

t.test('a copy of context works like context', async (t) => {
  for (const copy of ['{ ...context }', 'Object.assign({}, context)', 'Object.assign(Object.create(null), context)', 'Object.fromEntries(Object.entries(context))']) {
    const app = await createApp(t, {
      'netlify/functions/copied.mjs': `
        export default (request, context) => {
          const copy = ${copy}
          copy.cookies.set('a', 'b')
          copy.waitUntil(1)
          copy.log('copied')
          return copy.json([Object.keys(copy), copy.requestId, copy.url.pathname])
        }`
    })
    const response = await app.inject('/.netlify/functions/copied')
    t.same(response.json(), [MEMBERS, response.headers['x-nf-request-id'], '/.netlify/functions/copied'], copy)
    t.equal(response.headers['set-cookie'], 'a=b')
  }
})

t.test('members that are not there are undefined, so a framework can look for them', async (t) => {
  const seen = await evaluate(t, `
    const names = ['then', 'toJSON', 'env', 'executionCtx', 'passThroughOnException', 'cloudflare', '$$typeof', 'nodeType', Symbol.toPrimitive, Symbol.iterator, Symbol.asyncIterator]
    return Response.json([names.every((name) => context[name] === undefined && !(name in context)), (await context) === context, String(context)])`)
  t.strictSame(seen, [true, true, '[object Object]'])
})

t.test('no member throws when it is looked at, shown or written as JSON', async (t) => {
  const seen = await evaluate(t, `
    const { inspect } = await import('node:util')
    const shown = inspect(context, { depth: 5, showHidden: true, getters: true })
    const { url, account } = JSON.parse(JSON.stringify(context))
    return Response.json([shown.includes('requestId'), url === request.url, account])`)
  t.strictSame(seen, [true, true, { id: '' }])
})

t.test('methods work without their object', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/detached.mjs': `
      export default (request, { cookies: { get, set, delete: remove }, flags, json, log, waitUntil, next }) => {
        set('a', '1')
        remove('b')
        log('x')
        waitUntil(Promise.resolve())
        let thrown
        try { next() } catch ({ message }) { thrown = message }
        return json([get('c'), flags.get('x') ?? null, flags.evaluations.size, thrown])
      }`
  })
  const response = await app.inject({ url: '/.netlify/functions/detached', headers: { cookie: 'c=2' } })
  t.same(response.json(), ['2', null, 0, '`context.next` is not implemented for serverless functions'])
  t.equal(response.headers['set-cookie'] instanceof Array && response.headers['set-cookie'].length, 2)
})

t.test('a handler is called without the object it was exported in', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/object.mjs': 'const app = { secret: 1, fetch () { return Response.json([this === app, this.secret ?? null]) } }; export default app',
    'netlify/functions/plain.cjs': 'exports.default = function () { return Response.json([this === exports, this === globalThis]) }'
  })
  t.same((await app.inject('/.netlify/functions/object')).json(), [false, null])
  t.same((await app.inject('/.netlify/functions/plain')).json(), [false, false])
})

t.test('context.rewrite throws at once for what is no URL', async (t) => {
  const seen = await evaluate(t, `
    const thrown = ['x', 'x/y', '', 'http://'].map((to) => { try { context.rewrite(to); return 'nothing' } catch ({ name }) { return name } })
    return Response.json(thrown)`)
  t.strictSame(seen, ['TypeError', 'TypeError', 'TypeError', 'TypeError'])
})

t.test('the skew protection token of the option deploy is in context.deploy, and the member is there without one', async (t) => {
  const files = { 'netlify/functions/deploy.mjs': 'export default (request, { deploy }) => Response.json([Object.keys(deploy), deploy.skewProtectionToken ?? null])' }
  const names = ['branch', 'context', 'id', 'published', 'skewProtectionToken']
  t.same((await (await createApp(t, files, { deploy: { skewProtectionToken: 'skew' } })).inject('/.netlify/functions/deploy')).json(), [names, 'skew'])
  t.same((await (await createApp(t, files)).inject('/.netlify/functions/deploy')).json(), [names, null])
})
