import t from 'tap'
import type { EventDelivery } from '../../lib/index.ts'
import { captureLog, createApp } from '../helper.ts'

/** Where functions under test leave what they saw. */
const seen: Array<Record<string, unknown>> = []
Object.assign(globalThis, { eventsSeen: seen })
t.beforeEach(() => { seen.length = 0 })

const deploy = { payload: { id: 'd1', state: 'ready', created_at: '2026-01-01', branch: 'main' }, site: { id: 's1', name: 'bakery' } }
const submission = { payload: { data: { name: 'Ada' } } }
const ada = { user: { id: 'u1', email: 'ada@example.com', created_at: '2026-01-01' } }

/** The status, and the body if there is one, of a response; how else an event ended. */
async function summary (delivery: EventDelivery): Promise<unknown[]> {
  if (delivery.outcome === 'failed') return [delivery.function, delivery.outcome, (delivery.error as { code?: string }).code]
  if (delivery.outcome === 'queued') return [delivery.function, delivery.outcome]
  return [delivery.function, delivery.response.status, await delivery.response.text()]
}

t.test('an event reaches its handler by key and by slug, as one argument', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/hooks.mjs': `
      export default {
        deploySucceeded (...args) { globalThis.eventsSeen.push({ args, context: Netlify.context.requestId }) ; return new Response('ignored', { status: 418 }) },
        deployFailed () { globalThis.eventsSeen.push('the wrong one') }
      }`
  })
  for (const name of ['deploySucceeded', 'deploy_succeeded'] as const) {
    const deliveries = await app.netlifyFunctions.emit(name, deploy)
    t.strictSame(await Promise.all(deliveries.map(summary)), [['hooks', 200, '']])
  }
  t.equal(seen.length, 2)
  t.match(seen, [{ args: [{ deploy: { id: 'd1', branch: 'main', title: null }, site: { name: 'bakery' } }] }, {}])
  t.strictSame(seen.map(({ args }) => (args as unknown[]).length), [1, 1])
  t.not(seen[0]!.context, seen[1]!.context, 'each is an invocation of its own')
})

t.test('every function that subscribes is called, and one that fails is logged and keeps the event from nobody', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/one.mjs': 'export default { formSubmitted ({ data }) { globalThis.eventsSeen.push({ one: data.name }) } }',
    'netlify/functions/two.mjs': 'export default { fetch: () => new Response(), async formSubmitted () { throw new Error("boom") } }',
    'netlify/functions/submission-created.mjs': 'export default async (request) => { globalThis.eventsSeen.push({ named: await request.json() }); return new Response("named", { status: 201 }) }',
    'netlify/functions/other.mjs': 'export default { fetch: () => new Response(), deployFailed () {} }'
  }, {}, { logger: log.logger })

  const deliveries = await app.netlifyFunctions.emit('formSubmitted', submission)
  t.strictSame((await Promise.all(deliveries.map(summary))).sort(), [
    ['one', 200, ''], ['submission-created', 201, 'named'], ['two', 'failed', 'FST_NETLIFY_FUNCTION_FAILED']
  ])
  t.strictSame(seen.toSorted((a) => 'one' in a ? -1 : 1), [{ one: 'Ada' }, { named: submission }])
  t.match(await log.line(({ msg }) => msg.includes('failed at an event')), { level: 50, function: 'two', event: 'submission_created', err: { code: 'FST_NETLIFY_FUNCTION_FAILED' } })
})

t.test('a function that is named after an event gets the request that Netlify sends', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/deploy-succeeded.mts': `
      export default async (request, context) => {
        const { method, url, headers } = request
        return Response.json({ method, url, headers: Object.fromEntries(headers), body: await request.json(), site: context.site.name })
      }`,
    'netlify/functions/deploy-failed.cjs': `
      exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify({ method: event.httpMethod, path: event.path, body: JSON.parse(event.body) }) })`
  }, { site: { name: 'bakery', url: 'https://bakery.example' } })

  const [web] = await app.netlifyFunctions.emit('deploySucceeded', deploy)
  t.match(web?.outcome === 'returned' && await web.response.json(), {
    method: 'POST',
    url: 'https://bakery.example/.netlify/functions/deploy-succeeded',
    headers: { 'content-type': 'application/json', 'x-netlify-event': 'deploy_succeeded' },
    body: deploy,
    site: 'bakery'
  })
  const [lambda] = await app.netlifyFunctions.emit('deployFailed', deploy)
  t.strictSame(lambda?.outcome === 'returned' && await lambda.response.json(), { method: 'POST', path: '/.netlify/functions/deploy-failed', body: deploy })
})

t.test('identity handlers deny with 401 and change the user with 200', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/users.mjs': `
      export default {
        async userLogin ({ deny }) { return deny() },
        async userSignup ({ user }) { return { user: { ...user, roles: ['baker'] } } },
        userValidate () {},
        userModified: () => 'nonsense',
        userDeleted: ({ deny }) => deny()
      }`
  })
  const emit = async (event: 'userLogin' | 'userSignup' | 'userValidate' | 'userModified' | 'userDeleted'): Promise<unknown> => await summary((await app.netlifyFunctions.emit(event, ada))[0]!)
  t.strictSame(await emit('userLogin'), ['users', 401, ''])
  t.strictSame(await emit('userValidate'), ['users', 200, ''])
  t.strictSame(await emit('userDeleted'), ['users', 200, ''])
  t.strictSame(await emit('userModified'), ['users', 'failed', 'FST_NETLIFY_INVALID_EVENT_RESULT'])
  const [signup] = await app.netlifyFunctions.emit('userSignup', ada)
  t.ok(signup?.outcome === 'returned')
  if (signup?.outcome !== 'returned') return
  t.equal(signup.response.headers.get('content-type'), 'application/json')
  t.match(await signup.response.json(), { id: 'u1', confirmed_at: null, app_metadata: { roles: ['baker'] } })
})

t.test('an unknown event and a bad payload are refused, and no function is called', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/submission-created.mjs': 'export default () => { globalThis.eventsSeen.push("called") }'
  })
  const { emit } = app.netlifyFunctions
  await t.rejects(emit('formSent' as 'formSubmitted', submission), { code: 'FST_NETLIFY_UNKNOWN_EVENT', statusCode: 400, message: /^There is no event "formSent"; the events are deployBuilding, / })
  await t.rejects(emit('formSubmitted', { payload: {} }), { code: 'FST_NETLIFY_INVALID_EVENT', statusCode: 400, message: 'Invalid event payload for "submission_created": missing "payload.data"' })
  await t.rejects(emit('userLogin', {}), { message: 'Invalid event payload for "identity_login": missing "user" object' })
  for (const payload of [undefined, () => {}, 5n]) {
    await t.rejects(emit('formSubmitted', payload), { code: 'FST_NETLIFY_INVALID_EVENT', message: 'Failed to parse event payload as JSON for "submission_created"' })
  }
  t.strictSame(seen, [])
})

t.test('an event that nobody subscribes to is delivered to nobody', async (t) => {
  const app = await createApp(t, { 'netlify/functions/hello.mjs': 'export default () => new Response()' })
  t.strictSame(await app.netlifyFunctions.emit('deployLocked', deploy), [])
})

t.test('background subscribers are called from the queue, by key and by name', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/later-background.mjs': 'export default { formSubmitted: ({ data }) => { globalThis.eventsSeen.push({ later: data.name }) } }',
    'netlify/functions/submission-created-background.mjs': 'export default async (request) => { globalThis.eventsSeen.push({ named: (await request.json()).payload.data.name }) }'
  })
  await app.ready()
  const succeeded: string[] = []
  const ended = new Promise<void>((resolve) => {
    app.netlifyFunctions.on('job', ({ type, job }) => {
      if (type === 'succeeded') succeeded.push(job.id)
      if (succeeded.length === 2) resolve()
    })
  })
  const deliveries = await app.netlifyFunctions.emit('formSubmitted', submission)
  t.strictSame(deliveries.map((delivery) => [delivery.function, delivery.outcome]).sort(), [['later-background', 'queued'], ['submission-created-background', 'queued']])
  await ended
  t.strictSame(deliveries.map((delivery) => delivery.outcome === 'queued' && delivery.job).sort(), succeeded.sort())
  t.strictSame(seen.toSorted((a) => 'later' in a ? -1 : 1), [{ later: 'Ada' }, { named: 'Ada' }])
})

t.test('a payload that is too large for the queue is refused for that function alone', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/later-background.mjs': 'export default { formSubmitted () {} }',
    'netlify/functions/now.mjs': 'export default { formSubmitted () {} }'
  }, { limits: { backgroundBody: 20 } })
  const deliveries = await app.netlifyFunctions.emit('formSubmitted', submission)
  t.strictSame((await Promise.all(deliveries.map(summary))).sort(), [['later-background', 'failed', 'FST_NETLIFY_REQUEST_BODY_TOO_LARGE'], ['now', 200, '']])
})

t.test('the time limit holds for a handler and for the body that it returns', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/slow.mjs': 'export default { deployFailed: () => new Promise(() => {}) }',
    'netlify/functions/deploy-failed.mjs': 'export default () => new Response(new ReadableStream({ pull: (controller) => { if (!globalThis.eventsSeen.length) { globalThis.eventsSeen.push({}); controller.enqueue("text") } return new Promise(() => {}) } }))'
  }, { limits: { timeout: 100 } })
  const deliveries = await app.netlifyFunctions.emit('deployFailed', deploy)
  t.strictSame((await Promise.all(deliveries.map(summary))).sort(), [['deploy-failed', 'failed', 'FST_NETLIFY_TIMEOUT'], ['slow', 'failed', 'FST_NETLIFY_TIMEOUT']])
})

t.test('a named function\'s text stream is its response\'s body', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/deploy-failed.mjs': 'export default () => new Response(new ReadableStream({ start (c) { c.enqueue("a"); c.enqueue(new Uint8Array([98])); c.close() } }))'
  })
  t.strictSame(await summary((await app.netlifyFunctions.emit('deployFailed', deploy))[0]!), ['deploy-failed', 200, 'ab'])
})

t.test('close() waits for what a handler gives to waitUntil', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/hooks.mjs': `
      export default { deployFailed () { Netlify.context.waitUntil(new Promise((resolve) => setImmediate(() => { globalThis.eventsSeen.push('after'); resolve() }))) } }`
  })
  await app.netlifyFunctions.emit('deployFailed', deploy)
  t.strictSame(seen, [])
  await app.close()
  t.strictSame(seen, ['after'])
})

t.test('a named function that cannot be loaded has failed, and limits.concurrency counts', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/deploy-failed.mjs': 'export default (',
    'netlify/functions/hooks.mjs': 'export default { deployFailed: () => new Promise(() => {}) }'
  }, { limits: { concurrency: { perFunction: 1 }, timeout: 100 } })
  const [first, second] = await Promise.all([app.netlifyFunctions.emit('deployFailed', deploy), app.netlifyFunctions.emit('deployFailed', deploy)])
  t.strictSame((await Promise.all(first.map(summary))).sort(), [['deploy-failed', 'failed', 'FST_NETLIFY_BUILD_FAILED'], ['hooks', 'failed', 'FST_NETLIFY_TIMEOUT']])
  t.strictSame((await Promise.all(second.map(summary))).sort(), [['deploy-failed', 'failed', 'FST_NETLIFY_BUILD_FAILED'], ['hooks', 'failed', 'FST_NETLIFY_TOO_MANY_INVOCATIONS']])
})
