import t from 'tap'
import { createApp, listen } from '../helper.ts'

const recorder = `
  export default {
    fetch: async (request) => Response.json({ ran: 'fetch', event: request.headers.get('x-netlify-event'), body: await request.text() }),
    userLogin: () => { throw new Error('called by a header') },
    deployFailed: () => { throw new Error('called by a header') }
  }`
const login = JSON.stringify({ user: { id: 'u1', email: 'ada@example.com', created_at: '2026-01-01' } })

for (const trustPlatformHeaders of [false, true]) {
  t.test(`a client's x-netlify-event calls no handler and reaches no function, trustPlatformHeaders: ${trustPlatformHeaders}`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/users.mjs': recorder }, { trustPlatformHeaders })
    const origin = await listen(app)
    for (const event of ['identity_login', 'userLogin', 'deploy_failed', 'fetch']) {
      const response = await fetch(`${origin}/.netlify/functions/users`, { method: 'POST', headers: { 'x-netlify-event': event }, body: login })
      t.equal(response.status, 200)
      t.strictSame(await response.json(), { ran: 'fetch', event: null, body: login })
    }
  })
}

t.test('invoke() calls no event handler either, even with a client\'s headers', async (t) => {
  const app = await createApp(t, { 'netlify/functions/users.mjs': recorder })
  const response = await app.netlifyFunctions.invoke('users', new Request('http://localhost/', { method: 'POST', headers: { 'x-netlify-event': 'identity_login' }, body: login }))
  t.strictSame(await response.json(), { ran: 'fetch', event: null, body: login })
})

t.test('a background function hears of no event from a client', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/users-background.mjs': `
      export default {
        fetch: (request) => { globalThis.backgroundRan('fetch', request.headers.get('x-netlify-event')) },
        userLogin: () => { globalThis.backgroundRan('userLogin') }
      }`
  }, { trustPlatformHeaders: true })
  const ran = new Promise((resolve) => { Object.assign(globalThis, { backgroundRan: (...args: unknown[]) => resolve(args) }) })
  const response = await app.inject({ method: 'POST', url: '/.netlify/functions/users-background', headers: { 'x-netlify-event': 'identity_login' }, payload: login })
  t.equal(response.statusCode, 202)
  t.strictSame(await ran, ['fetch', null])
})

t.test('an object with event handlers only loads, and no request reaches it', async (t) => {
  const app = await createApp(t, { 'netlify/functions/hooks.mjs': 'export default { deployFailed () {} }' })
  t.strictSame(app.netlifyFunctions.functions.map(({ name, state, routes, events }) => ({ name, state, routes, events })), [{ name: 'hooks', state: 'ready', routes: [], events: ['deploy_failed'] }])
  for (const method of ['GET', 'POST'] as const) {
    const response = await app.inject({ method, url: '/.netlify/functions/hooks', headers: { 'x-netlify-event': 'deploy_failed' } })
    t.equal(response.statusCode, 404)
    t.match(response.json(), { code: 'FST_NETLIFY_FUNCTION_NOT_FOUND' })
  }
  await t.rejects(app.netlifyFunctions.invoke('hooks'), { code: 'FST_NETLIFY_INVALID_HANDLER', message: /an object without a "fetch" function/ })
})

t.test('a function that is named after an event is called by the event alone', async (t) => {
  const files = {
    'netlify/functions/identity-signup.mjs': 'export default () => new Response("signed up")',
    'netlify/functions/submission-created-background.mjs': 'export default () => {}',
    'netlify/functions/deploy-failed.mjs': 'export default (',
    'netlify/functions/deploy-report.mjs': 'export default () => new Response("a report")'
  }
  const app = await createApp(t, files)
  for (const name of ['identity-signup', 'submission-created-background', 'deploy-failed']) {
    for (const directory of ['functions', 'builders']) {
      const response = await app.inject({ method: 'POST', url: `/.netlify/${directory}/${name}`, payload: {} })
      t.equal(response.statusCode, 403)
      t.match(response.json(), { code: 'FST_NETLIFY_EVENT_FUNCTION', message: `Function "${name}" is called by its event only` })
    }
  }
  t.equal((await app.inject('/.netlify/functions/deploy-report')).body, 'a report')
  t.equal(await (await app.netlifyFunctions.invoke('identity-signup')).text(), 'signed up', 'the host may call it')
})

t.test('a path of a function that an event calls is an error', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/submission-created-background.mjs': 'export default () => {}\nexport const config = { path: "/a" }',
    'netlify/functions/hooks.mjs': 'export default { deployFailed () {}, config: { path: "/b" } }',
    'netlify/functions/clock.mjs': 'export default { deployFailed () {}, config: { schedule: "@daily" } }',
    'netlify/functions/both.mjs': 'export default { fetch: () => new Response("both"), deployFailed () {}, config: { path: "/c" } }'
  })
  const errors = Object.fromEntries(app.netlifyFunctions.functions.map(({ name, error }) => [name, error?.message]))
  t.strictSame(errors, {
    'submission-created-background': 'Function "submission-created-background" has a configuration error on \'path\': Event-triggered functions must not specify a custom path. Please remove the "path" configuration or pick a different name for the function. Learn more about event-triggered functions at https://ntl.fyi/custom-path-event-triggered-functions.',
    hooks: 'Function "hooks" has a configuration error on \'path\': Event-triggered functions must not specify a custom path. Please remove the "path" configuration, or add a "fetch" function',
    clock: 'Function "clock" has a configuration error on \'schedule\': Needs a "fetch" function beside the handlers of events',
    both: undefined
  })
  t.equal((await app.inject('/c')).body, 'both')
})

t.test('an object without any handler is no function', async (t) => {
  const app = await createApp(t, { 'netlify/functions/none.mjs': 'export default { deployFailed: "text" }' })
  t.match(app.netlifyFunctions.functions, [{ name: 'none', error: { code: 'FST_NETLIFY_INVALID_HANDLER' } }])
})
