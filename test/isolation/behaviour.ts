import type { Test } from 'tap'
import type { IsolationMode } from '../../lib/functions/definition.ts'
import { captureLog } from '../helper.ts'
import { BY_NAME, createIn } from './mode.ts'

const CONTEXT_KEYS = ['account', 'cookies', 'deploy', 'flags', 'path', 'geo', 'ip', 'json', 'log', 'next', 'params', 'requestId', 'rewrite', 'server', 'site', 'url', 'waitUntil']

/** What functions do wherever they run: the suite that every mode of isolation has to pass. */
export async function testBehaviour (t: Test, isolation: IsolationMode): Promise<void> {
  const create = createIn(isolation)

  await t.test('request and reply, with bodies of every kind', async (t) => {
    const app = await create(t, {
      'echo.mjs': 'export default async (request) => new Response(await request.bytes(), { status: 201, headers: [["x-method", request.method], ["x-url", request.url], ["x-sent", request.headers.get("x-sent")], ["set-cookie", "a=1"], ["set-cookie", "b=2"]] })',
      'native.mjs': `import { Worker } from 'node:worker_threads'
        const Native = globalThis.Response
        export default async (request) => {
          const { kind } = Object.fromEntries(new URL(request.url).searchParams)
          const bodies = { text: 'grüße \\ud83d\\ude00', bytes: new Uint8Array([0, 255, 128]), none: null, blob: new Blob(['blob']), form: new URLSearchParams({ a: 'b' }), large: 'x'.repeat(300_000) }
          return new Native(bodies[kind])
        }`,
      'nothing.mjs': 'export default () => {}',
      'json.mjs': 'export default (request, context) => context.json({ a: [1, null, "é"] })'
    })
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256))
    for (const body of ['', 'text', bytes]) {
      const reply = await app.inject({ method: 'POST', url: `${BY_NAME}echo?q=%20`, payload: body, headers: { 'x-sent': 'grün'.normalize('NFC').replace('ü', 'u') } })
      t.equal(reply.statusCode, 201)
      t.same(reply.rawPayload, Buffer.from(body))
      t.match(reply.headers, { 'x-method': 'POST', 'x-url': /echo\?q=%20$/, 'x-sent': 'grun', 'set-cookie': ['a=1', 'b=2'] })
    }
    const read = async (kind: string): Promise<Buffer> => (await app.inject(`${BY_NAME}native?kind=${kind}`)).rawPayload
    t.equal((await read('text')).toString(), 'grüße 😀')
    t.same(await read('bytes'), Buffer.from([0, 255, 128]))
    t.equal((await read('none')).length, 0)
    t.equal((await read('blob')).toString(), 'blob')
    t.equal((await read('form')).toString(), 'a=b')
    t.equal((await read('large')).length, 300_000)
    t.equal((await app.inject(`${BY_NAME}nothing`)).statusCode, 204)
    t.same((await app.inject(`${BY_NAME}json`)).json(), { a: [1, null, 'é'] })
  })

  await t.test('every member of context, cookies and getContext()', async (t) => {
    const app = await create(t, {
      'shown.mjs': `export default async (request, context) => {
        context.cookies.set({ name: 'seen', value: 'yes' })
        context.cookies.delete('old')
        await new Promise(setImmediate)
        const { account, deploy, geo, ip, params, path, requestId, site, server, url } = context
        return Response.json({
          keys: Object.keys(context), account, deploy, geo, ip, params, path, requestId, site, server, url: url.href, cookie: context.cookies.get('given'),
          same: Netlify.context === context && globalThis[Symbol.for('@netlify/functions/request-context-store')].getStore().context === context,
          header: request.headers.get('x-nf-request-id'), signal: request.signal.aborted
        })
      }
      export const config = { path: '/shown/:what' }`
    }, { geo: 'mock', site: { id: 'site-id', name: 'shop' }, account: { id: 'account-id' }, deploy: { id: 'deploy-id' } })
    const reply = await app.inject({ url: '/shown/it', headers: { cookie: 'given=here' } })
    t.match(reply.headers['set-cookie'], ['seen=yes', /^old=;/])
    const seen = reply.json()
    t.same(seen.keys, CONTEXT_KEYS)
    t.match(seen, {
      account: { id: 'account-id' },
      deploy: { id: 'deploy-id', context: 'production', published: true },
      geo: { city: 'San Francisco' },
      ip: '127.0.0.1',
      params: { what: 'it' },
      path: '/shown/:what',
      requestId: reply.headers['x-nf-request-id'],
      site: { id: 'site-id', name: 'shop' },
      server: { region: 'dev' },
      url: /\/shown\/it$/,
      cookie: 'here',
      same: true,
      header: reply.headers['x-nf-request-id'],
      signal: false
    })
  })

  await t.test('variables: those of the site, those of the process, and what a function sets', async (t) => {
    process.env.OF_THE_HOST = 'host'
    t.teardown(() => { delete process.env.OF_THE_HOST })
    const app = await create(t, {
      'variables.mjs': `const early = Netlify.env.get('OF_THE_SITE')
        export default () => {
          const before = Netlify.env.get('SET')
          Netlify.env.set('SET', 'once')
          return Response.json({ early, before, site: [Netlify.env.get('OF_THE_SITE'), process.env.OF_THE_SITE], host: [Netlify.env.get('OF_THE_HOST'), process.env.OF_THE_HOST], all: Netlify.env.toObject().OF_THE_SITE, has: Netlify.env.has('NONE') })
        }`
    }, { env: { OF_THE_SITE: 'site' } })
    const expected = { early: 'site', site: ['site', 'site'], host: ['host', 'host'], all: 'site', has: false }
    t.same((await app.inject(`${BY_NAME}variables`)).json(), expected)
    t.same((await app.inject(`${BY_NAME}variables`)).json(), { ...expected, before: 'once' })
  })

  await t.test('the Lambda form: event, context, results and streams', async (t) => {
    const app = await create(t, {
      'lambda.mjs': `export const handler = async (event, context) => ({
        statusCode: 202, isBase64Encoded: true, body: Buffer.from(JSON.stringify({ method: event.httpMethod, body: event.body, query: event.queryStringParameters, id: context.awsRequestId, left: context.getRemainingTimeInMillis() > 1000 })).toString('base64'),
        headers: { 'x-a': 'b' }, multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] } })`,
      'callback.mjs': 'export const handler = (event, context, callback) => { setTimeout(() => callback(null, { statusCode: 200, body: "called back" }), 1) }',
      'streaming.mjs': `export const handler = awslambda.streamifyResponse(async (event, stream) => {
        const out = awslambda.HttpResponseStream.from(stream, { statusCode: 206, headers: { 'x-streamed': 'yes' } })
        out.write('first ')
        await new Promise((resolve) => setTimeout(resolve, 5))
        out.end('last')
      })`
    })
    const reply = await app.inject({ method: 'POST', url: `${BY_NAME}lambda?a=1`, payload: 'sent', headers: { 'content-type': 'text/plain' } })
    t.match(reply, { statusCode: 202, headers: { 'x-a': 'b', 'set-cookie': ['a=1', 'b=2'] } })
    t.match(reply.json(), { method: 'POST', body: 'sent', query: { a: '1' }, id: reply.headers['x-nf-request-id'], left: true })
    t.equal((await app.inject(`${BY_NAME}callback`)).body, 'called back')
    t.match(await app.inject(`${BY_NAME}streaming`), { statusCode: 206, body: 'first last', headers: { 'x-streamed': 'yes' } })
  })

  await t.test('errors keep their codes, their causes and their stacks', async (t) => {
    const log = captureLog()
    const app = await create(t, {
      'throwing.mjs': 'export default async () => { throw Object.assign(new TypeError("boom", { cause: new RangeError("deep") }), { detail: { a: 1 } }) }',
      'text.mjs': 'export default () => { throw "a text" }',
      'hostile.mjs': 'export default () => { throw new Proxy({}, { get () { throw new Error() }, getPrototypeOf () { throw new Error() }, ownKeys () { throw new Error() } }) }',
      'value.mjs': 'export default () => 42',
      'used.mjs': 'export default async () => { const response = new Response("used"); await response.text(); return response }',
      'latin.mjs': 'export const handler = async () => ({ statusCode: 200, headers: { a: "\\u0100" } })',
      'result.mjs': 'export const handler = async () => ({ statusCode: "x" })',
      'cookie.mjs': 'export default (request, { cookies }) => { cookies.set("bad name", "x"); return new Response() }',
      'large.mjs': 'export const handler = async () => ({ statusCode: 200, body: "x".repeat(2000) })',
      'early.mjs': 'export default () => new Response(new ReadableStream({ pull () { throw new Error("no body") } }))'
    }, { exposeErrors: true, limits: { responseBody: 1000 } }, log)
    const codes = {
      throwing: 'FUNCTION_FAILED',
      text: 'FUNCTION_FAILED',
      hostile: 'FUNCTION_FAILED',
      value: 'INVALID_RETURN_VALUE',
      used: 'INVALID_RESPONSE',
      latin: 'HEADER_NOT_LATIN1',
      result: 'INVALID_LAMBDA_RESULT',
      cookie: 'INVALID_RESPONSE',
      large: 'RESPONSE_BODY_TOO_LARGE',
      early: 'FUNCTION_FAILED'
    }
    for (const [name, code] of Object.entries(codes)) {
      const reply = await app.inject(BY_NAME + name)
      t.match(reply.json(), { statusCode: 500, code: `FST_NETLIFY_${code}` }, name)
    }
    const { err } = await log.line(({ err }) => err?.message.includes('boom') === true)
    t.match(err?.stack, /netlify\/functions\/throwing\.mjs:1:/)
    t.match(err?.stack, /caused by: TypeError: boom[^]*caused by: RangeError: deep/)
  })

  await t.test('what is logged, waited for and left behind has its function and its request id', async (t) => {
    const log = captureLog()
    const app = await create(t, {
      'talking.mjs': `export default (request, context) => {
        context.log('hello', { a: 1 })
        context.waitUntil(new Promise((resolve) => setTimeout(resolve, 20)).then(() => context.log('waited')))
        context.waitUntil(Promise.reject(new Error('refused')))
        setTimeout(() => { throw new Error('from a timer') }, 1)
        Promise.reject(new Error('unhandled'))
        return new Response('at once')
      }`
    }, {}, log)
    const reply = await app.inject(`${BY_NAME}talking`)
    t.equal(reply.body, 'at once')
    await app.close()
    const known = { function: 'talking', requestId: reply.headers['x-nf-request-id'] }
    t.match(log.lines.find(({ msg }) => msg === 'hello { a: 1 }'), { ...known, level: 30 })
    t.match(log.lines.find(({ msg }) => msg === 'waited'), known, 'close() has waited')
    for (const message of ['refused', 'from a timer', 'unhandled']) t.match(log.lines.find(({ err }) => err?.message === message), { ...known, level: 50 }, message)
  })

  await t.test('a signed-in user is known', async (t) => {
    const app = await create(t, {
      'user.mjs': 'export default () => Response.json(netlifyIdentityContext)',
      'lambda-user.mjs': 'export const handler = async (event, { clientContext }) => ({ statusCode: 200, body: JSON.stringify(clientContext.user ?? null) })'
    }, { verifyToken: (token) => ({ sub: `user of ${token}` }) })
    const headers = { authorization: 'Bearer secret' }
    t.match((await app.inject({ url: `${BY_NAME}user`, headers })).json(), { token: 'secret', user: { sub: 'user of secret' } })
    t.match((await app.inject({ url: `${BY_NAME}lambda-user`, headers })).json(), { sub: 'user of secret' })
    t.equal((await app.inject(`${BY_NAME}user`)).json(), null)
  })

  await t.test('background jobs, scheduled runs and events', async (t) => {
    const log = captureLog()
    const app = await create(t, {
      'job-background.mjs': 'export default async (request, context) => { context.log("job", await request.text()); context.waitUntil(new Promise((resolve) => setTimeout(resolve, 5)).then(() => context.log("job done"))) }',
      'failing.mjs': 'export default async () => { throw new Error("failed job") }; export const config = { background: true }',
      'timed.mjs': 'export default async (request, context) => { context.log("timed", Object.keys(await request.json()).join()) }; export const config = { schedule: "@hourly" }',
      'hearing.mjs': 'export default { formSubmitted: ({ data }) => { console.assert(data.name); if (data.name !== "Ada") throw new Error("who?") } }'
    }, { background: { retryDelays: [] } }, log)
    await app.ready()
    const ended = (type: string, name: string): Promise<void> => new Promise((resolve) => {
      app.netlifyFunctions.on('job', (event) => { if (event.type === type && event.job.function === name) resolve() })
    })
    const jobs = [ended('succeeded', 'job-background'), ended('failed', 'failing')]
    t.equal((await app.inject({ method: 'POST', url: `${BY_NAME}job-background`, payload: 'sent' })).statusCode, 202)
    t.equal((await app.inject({ method: 'POST', url: `${BY_NAME}failing` })).statusCode, 202)
    await Promise.all(jobs)
    t.ok(log.lines.some(({ msg }) => msg === 'job sent'))
    t.ok(log.lines.some(({ msg }) => msg === 'job done'), 'a job has not ended before its work has')
    const deliveries = await app.netlifyFunctions.emit('formSubmitted', { payload: { data: { name: 'Ada' } } })
    t.match(deliveries, [{ outcome: 'returned', function: 'hearing' }])
    t.equal((await app.netlifyFunctions.emit('formSubmitted', { payload: { data: { name: 'Bob' } } }))[0]?.outcome, 'failed')
    t.same(app.netlifyFunctions.functions.map(({ name, kind }) => `${name} ${kind}`).sort(), ['failing background', 'hearing request', 'job-background background', 'timed scheduled'])
  })
}
