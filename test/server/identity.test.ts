import { EventEmitter, once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const files = {
  'netlify/functions/lambda.cjs': 'exports.handler = async (event, { clientContext }) => ({ statusCode: 200, body: JSON.stringify(clientContext) })',
  'netlify/functions/web.mjs': `
    export default async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return Response.json(netlifyIdentityContext)
    }`
}
const bearer = { authorization: 'Bearer secret.jwt' }

/** Signed by nobody: what Netlify's emulators believe. */
const unsigned = ['{"alg":"none"}', '{"sub":"admin","app_metadata":{"roles":["admin"]}}', ''].map((part) => Buffer.from(part).toString('base64url')).join('.')

t.test('without verifyToken no token is believed', async (t) => {
  const app = await createApp(t, files)
  const headers = { authorization: `Bearer ${unsigned}`, 'x-nf-identity-info': Buffer.from('{"user":{"sub":"admin"}}').toString('base64') }
  t.strictSame((await app.inject({ url: '/.netlify/functions/lambda', headers })).json(), {})
  t.equal((await app.inject({ url: '/.netlify/functions/web', headers })).json(), null)
})

t.test('a verified token becomes the clientContext of the Lambda form', async (t) => {
  const seen: string[] = []
  const user = { sub: '7', email: 'ada@example.com', app_metadata: { roles: ['editor'] } }
  const app = await createApp(t, files, {
    verifyToken: async (token) => {
      seen.push(token)
      return user
    }
  })
  const response = await app.inject({ url: '/.netlify/functions/lambda', headers: { ...bearer, host: 'site.example' } })
  const { custom, ...rest } = response.json()
  const identity = { url: 'http://site.example/.netlify/identity', token: 'secret.jwt' }
  t.strictSame(rest, { identity, user })
  t.strictSame(Object.keys(custom), ['netlify'])
  t.strictSame(JSON.parse(Buffer.from(custom.netlify, 'base64').toString()), { identity, user })
  t.strictSame(seen, ['secret.jwt'])
})

t.test('a verified token becomes the global netlifyIdentityContext, of its own request only', async (t) => {
  const app = await createApp(t, files, { verifyToken: (token) => ({ sub: token }), site: { url: 'https://site.example/' } })
  const call = async (headers: Record<string, string>): Promise<unknown> => (await app.inject({ url: '/.netlify/functions/web', headers })).json()
  const found = await Promise.all([call({ authorization: 'Bearer ada' }), call({}), call({ authorization: 'Bearer bob', host: 'attacker.example' })])
  const url = 'https://site.example/.netlify/identity'
  t.strictSame(found, [{ url, token: 'ada', user: { sub: 'ada' } }, null, { url, token: 'bob', user: { sub: 'bob' } }])
  t.equal((globalThis as { netlifyIdentityContext?: unknown }).netlifyIdentityContext, null)
})

t.test('a function that changes the claims changes them for no other request', async (t) => {
  const claims = { sub: '7', roles: ['reader'] }
  const app = await createApp(t, {
    'netlify/functions/greedy.cjs': `exports.handler = async (event, { clientContext }) => {
      const roles = clientContext.user.roles.join()
      clientContext.user.roles.push('admin')
      return { statusCode: 200, body: roles }
    }`
  }, { verifyToken: () => claims })
  for (let call = 0; call < 2; call++) t.equal((await app.inject({ url: '/.netlify/functions/greedy', headers: bearer })).body, 'reader')
  t.strictSame(claims, { sub: '7', roles: ['reader'] })
})

t.test('only a Bearer header of two words is a token', async (t) => {
  let verified = 0
  const app = await createApp(t, files, {
    verifyToken: () => {
      verified++
      return { sub: '7' }
    }
  })
  for (const authorization of ['', 'Bearer', 'Bearer ', 'bearer x', 'BEARER x', 'Basic eDp5', 'Bearer a b', 'Bearer  a', 'x']) {
    t.strictSame((await app.inject({ url: '/.netlify/functions/lambda', headers: { authorization } })).json(), {}, authorization)
    t.equal((await app.inject({ url: '/.netlify/functions/web', headers: { authorization } })).json(), null, authorization)
  }
  t.equal(verified, 0)
})

t.test('a token that is not accepted makes an anonymous request', async (t) => {
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  const verifiers: Array<[title: string, verify: (token: string) => unknown]> = [
    ['throws', () => { throw new Error('expired') }],
    ['rejects', async () => { throw new Error('expired') }],
    ['throws no Error', () => { throw undefined }], // eslint-disable-line no-throw-literal
    ['gives nothing', () => undefined],
    ['gives null', async () => null],
    ['gives a string', () => 'ada'],
    ['gives what JSON cannot hold', () => cyclic]
  ]
  for (const [title, verify] of verifiers) {
    const log = captureLog()
    const app = await createApp(t, files, { verifyToken: verify as () => object }, { logger: log.logger })
    const lambda = await app.inject({ url: '/.netlify/functions/lambda', headers: bearer })
    t.equal(lambda.statusCode, 200, title)
    t.strictSame(lambda.json(), {}, title)
    t.equal((await app.inject({ url: '/.netlify/functions/web', headers: bearer })).json(), null, title)
    const line = await log.line(({ msg }) => msg === 'the token of a request was not accepted')
    t.match(line, { level: 20, function: 'lambda', requestId: lambda.headers['x-nf-request-id'] }, title)
    t.notOk(log.lines.some((line) => JSON.stringify(line).includes('secret.jwt')), 'the token is not logged')
  }
})

t.test('a verifier that hangs is bounded by the time limit, and the function does not run after it', async (t) => {
  const { promise, resolve } = Promise.withResolvers<object>()
  let runs = 0
  probe.on('run', () => { runs++ })
  const app = await createApp(t, {
    'netlify/functions/lambda.cjs': 'exports.handler = async () => { probe.emit("run"); return { statusCode: 200 } }',
    'netlify/functions/web.mjs': 'export default () => { probe.emit("run") }'
  }, { limits: { timeout: 100 }, verifyToken: () => promise })
  for (const name of ['lambda', 'web']) {
    const response = await app.inject({ url: `/.netlify/functions/${name}`, headers: bearer })
    t.match(response.json(), { statusCode: 504, code: 'FST_NETLIFY_TIMEOUT' }, name)
  }
  resolve({ sub: '7' })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(runs, 0)
  t.equal((await app.inject('/.netlify/functions/web')).statusCode, 204, 'a request without a token does not wait')
})

t.test('a client that leaves while its token is verified runs no function', async (t) => {
  const { promise, resolve } = Promise.withResolvers<object>()
  const verifying = once(probe, 'verifying')
  let runs = 0
  probe.on('run', () => { runs++ })
  const app = await createApp(t, { 'netlify/functions/web.mjs': 'export default () => { probe.emit("run") }' }, {
    verifyToken: () => {
      probe.emit('verifying')
      return promise
    }
  })
  const origin = await listen(app)
  app.server.once('request', (_request, response) => response.once('close', () => probe.emit('left')))
  const leaving = request(`${origin}/.netlify/functions/web`, { headers: bearer }).on('error', () => {}).end()
  await verifying
  const left = once(probe, 'left')
  leaving.destroy()
  await left
  resolve({ sub: '7' })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(runs, 0)
})

t.test('functions that nobody waits for have no identity', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/web-background.mjs': 'export default () => { probe.emit("done", netlifyIdentityContext) }',
    'netlify/functions/lambda-background.cjs': 'exports.handler = async (event, { clientContext }) => { probe.emit("done", clientContext) }'
  }, { verifyToken: () => ({ sub: '7' }) })
  await app.ready()
  for (const [name, expected] of [['web', null], ['lambda', {}]]) {
    const done = once(probe, 'done')
    t.equal((await app.inject({ method: 'POST', url: `/.netlify/functions/${name as string}-background`, headers: bearer })).statusCode, 202)
    t.strictSame(await done, [expected])
  }
})

t.test('a proxy that is trusted may say who is signed in', async (t) => {
  const app = await createApp(t, files, { trustPlatformHeaders: true })
  const info = { url: 'https://site.example/.netlify/identity', token: 't', user: { sub: '7' } }
  const call = async (text: string): Promise<unknown> => (await app.inject({ url: '/.netlify/functions/web', headers: { 'x-nf-identity-info': Buffer.from(text).toString('base64') } })).json()
  t.strictSame(await call(JSON.stringify(info)), info)
  t.equal(await call('no JSON'), null)
})
