import { once } from 'node:events'
import { registerHooks } from 'node:module'
import { connect, type AddressInfo } from 'node:net'
import multipart from '@fastify/multipart'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createApp, createSite, listen, type SiteFiles } from '../helper.ts'

let submissions = 0
Object.assign(globalThis, { countFailing: () => { submissions++ } })
t.beforeEach(() => { submissions = 0 })

const site: SiteFiles = {
  'public/contact.html': 'the form',
  'netlify/functions/hooks.mjs': 'export default { formSubmitted: () => globalThis.countFailing() }'
}
const options = { publish: 'public', forms: true } as const
const form = { method: 'POST', url: '/contact', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'name=Ada' } as const

t.test('a submission that is too large gets 413, and no function is called', async (t) => {
  const app = await createApp(t, site, { ...options, limits: { requestBody: 100 } })
  const origin = await listen(app)
  const declared = await fetch(`${origin}/contact`, { method: 'POST', body: new URLSearchParams({ text: 'x'.repeat(100) }) })
  t.equal(declared.status, 413)
  t.match(await declared.json(), { code: 'FST_NETLIFY_REQUEST_BODY_TOO_LARGE' })
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const streamed = fetch(`${origin}/contact`, { method: 'POST', body: readable, duplex: 'half', headers: { 'content-type': 'multipart/form-data; boundary=x' } } as RequestInit)
  const writer = writable.getWriter()
  await writer.write(new Uint8Array(101))
  t.equal((await streamed).status, 413)
  await writer.abort().catch(() => {})
  t.equal(submissions, 0)
})

t.test('without a limit of request bodies, Netlify\'s 8 MB hold for forms', async (t) => {
  const app = await createApp(t, site, { ...options, limits: { requestBody: Infinity } })
  const big = (bytes: number): string => `a=${'x'.repeat(bytes - 2)}`
  t.equal((await app.inject({ ...form, payload: big(8 * 1024 * 1024) })).statusCode, 303)
  t.equal((await app.inject({ ...form, payload: big(8 * 1024 * 1024 + 1) })).statusCode, 413)
  t.equal(submissions, 1)
})

t.test('a multipart form that cannot be read gets 400', async (t) => {
  const app = await createApp(t, site, options)
  const bodies = [
    ['multipart/form-data', 'x'],
    ['multipart/form-data; boundary=x', 'no parts at all'],
    ['multipart/form-data; boundary=x', '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\ncut off'],
    ['multipart/form-data; boundary=x', '--x\r\ncontent-disposition: form-data; name="a"; filename="a.txt"\r\n\r\ncut off'],
    ['multipart/form-data; boundary=x', '--x\r\ncontent-disposition: form-data; name="__proto__"\r\n\r\nvalue\r\n--x--\r\n'],
    ['multipart/form-data; boundary=x', Array.from({ length: 1001 }, (_, index) => `--x\r\ncontent-disposition: form-data; name="f${index}"\r\n\r\nvalue\r\n`).join('') + '--x--\r\n']
  ] as const
  for (const [type, payload] of bodies) {
    const response = await app.inject({ ...form, headers: { 'content-type': type }, payload })
    t.equal(response.statusCode, 400, payload.slice(0, 80))
    t.match(response.json(), { code: 'FST_NETLIFY_INVALID_FORM', message: /^The form cannot be read: / })
  }
  t.equal(submissions, 0)
})

t.test('a form has at most 1,000 fields', async (t) => {
  const app = await createApp(t, site, options)
  t.equal((await app.inject({ ...form, payload: 'a&'.repeat(999) + 'a' })).statusCode, 303)
  const response = await app.inject({ ...form, payload: 'a&'.repeat(1000) + 'a' })
  t.equal(response.statusCode, 400)
  t.match(response.json(), { code: 'FST_NETLIFY_INVALID_FORM', message: 'The form cannot be read: it has more than 1000 fields' })
})

t.test('who sent a form learns that a handler failed, as nobody else has the submission', async (t) => {
  const app = await createApp(t, {
    ...site,
    'netlify/functions/failing.mjs': 'export default { formSubmitted () { throw new Error("secret") } }'
  }, { ...options, exposeErrors: false })
  const response = await app.inject(form)
  t.equal(response.statusCode, 500)
  t.match(response.json(), { code: 'FST_NETLIFY_FUNCTION_FAILED' })
  t.notMatch(response.body, /secret/)
  t.equal(submissions, 1)
})

t.test('the source of a handler that does not build is not shown to clients', async (t) => {
  const app = await createApp(t, { 'public/contact.html': '', 'netlify/functions/submission-created.mjs': 'const secret = (' }, { ...options, exposeErrors: false })
  const response = await app.inject(form)
  t.equal(response.statusCode, 500)
  t.match(response.json(), { code: 'FST_NETLIFY_FUNCTION_BROKEN' })
  t.notMatch(response.body, /secret/)
})

t.test('one submission too many at once gets 503 with Retry-After', async (t) => {
  const release = Promise.withResolvers<void>()
  const began = Promise.withResolvers<void>()
  Object.assign(globalThis, { holdForm: () => { began.resolve(); return release.promise } })
  const app = await createApp(t, { ...site, 'netlify/functions/hooks.mjs': 'export default { formSubmitted: () => globalThis.holdForm() }' }, { ...options, limits: { concurrency: 1 } })
  const first = app.inject(form).then(({ statusCode }) => statusCode)
  await began.promise
  const second = await app.inject(form)
  t.equal(second.statusCode, 503)
  t.equal(second.headers['retry-after'], '1')
  release.resolve()
  t.equal(await first, 303)
})

t.test('a client that leaves in the middle of a form calls no function', async (t) => {
  const app = await createApp(t, site, options)
  const ended = new Promise<string>((resolve) => {
    app.addHook('onError', async (_request, _reply, error) => { resolve(error.code) })
  })
  await listen(app)
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const requested = once(app.server, 'request')
  socket.write('POST /contact HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nname=A')
  await requested
  socket.destroy()
  t.equal(await ended, 'FST_NETLIFY_CLIENT_LEFT')
  t.equal(submissions, 0)
})

t.test('it works beside the app\'s own @fastify/multipart, whatever that is told to do', async (t) => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(multipart, { attachFieldsToBody: 'keyValues', limits: { fieldSize: 3 } })
  await app.register(netlifyFunctions, { root: await createSite(t, site), ...options })
  app.post('/own', async (request) => request.body)
  const origin = await listen(app)
  const body = new FormData()
  body.append('name', 'Ada Lovelace')
  t.equal((await fetch(`${origin}/contact`, { method: 'POST', body, redirect: 'manual' })).status, 303)
  t.equal(submissions, 1)
  t.strictSame(await (await fetch(`${origin}/own`, { method: 'POST', body })).json(), { name: 'Ada' })
})

t.test('where @fastify/multipart is not installed, the registration says how to install it', async (t) => {
  const hooks = registerHooks({
    resolve (specifier, context, next) {
      if (specifier === '@fastify/multipart') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(specifier, context)
    }
  })
  t.teardown(() => hooks.deregister())
  await t.rejects(createApp(t, site, options), { code: 'FST_NETLIFY_MISSING_PACKAGE', message: /forms.*npm install @fastify\/multipart$/ })
  await t.resolves(createApp(t, site, { publish: 'public' }), 'only the option needs it')
})
