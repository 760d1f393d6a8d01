import t from 'tap'
import { createApp, listen } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'
import { sendRaw } from './raw-request.ts'

t.test('a request target reaches the function, and its params are as in the URL', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/item.mjs': echoFunction('item', { path: '/item/:id' }),
    'netlify/functions/literal.mjs': echoFunction('literal', { path: '/café/menu' }),
    'netlify/functions/files.mjs': echoFunction('files', { path: '/files/*' }),
    'netlify/functions/double.mjs': echoFunction('double', { path: '/double//:x' })
  })
  const origin = await listen(app)
  const long = 'x'.repeat(5000)
  const targets: Record<string, [name: string, params: object] | 404 | 400> = {
    [`/item/${long}`]: ['item', { id: long }],
    '/item/a%2Fb': ['item', { id: 'a%2Fb' }],
    '/item/a%2fb': ['item', { id: 'a%2fb' }],
    '/item/%C3%A9': ['item', { id: '%C3%A9' }],
    // Node.js itself refuses what is not ASCII.
    '/item/é': 400,
    '/item/%20%25%3F%23': ['item', { id: '%20%25%3F%23' }],
    '/item/a+b;c=d': ['item', { id: 'a+b;c=d' }],
    '/ITEM/A?x=/b/c': ['item', { id: 'A' }],
    '/item/a#fragment': ['item', { id: 'a' }],
    '/item/.': 404,
    '/item/': 404,
    '/item//': 404,
    '//item/a': 404,
    '/item//a': 404,
    '/caf%C3%A9/menu': ['literal', {}],
    '/caf%c3%a9/menu/': ['literal', {}],
    '/CAF%C3%A9/MENU': ['literal', {}],
    '/files/a//b': ['files', { 0: 'a//b' }],
    '/files//': ['files', { 0: '' }],
    '/double//x': ['double', { x: 'x' }],
    '/double/x': 404,
    '/x/../item/a': ['item', { id: 'a' }],
    '/files/../item/a': ['item', { id: 'a' }],
    '/files/%2e%2E/item/a': ['item', { id: 'a' }],
    '/.netlify/functions/../../item/a': ['item', { id: 'a' }],
    '/./item/a': ['item', { id: 'a' }],
    '/item\\a': ['item', { id: 'a' }],
    [`${origin}/item/a?q`]: ['item', { id: 'a' }],
    'HTTP://elsewhere.example/item/a': ['item', { id: 'a' }]
  }
  for (const [target, expected] of Object.entries(targets)) {
    const { status, body } = await sendRaw(origin, `GET ${target}`)
    const found = status === 200 ? JSON.parse(body) as Echo : undefined
    t.strictSame(found ? [found.name, found.params] : status, expected, target.slice(0, 60))
  }
})

t.test('what is no path at all gets an answer, and the server lives on', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/everything.mjs': echoFunction('everything', { path: '/*' }),
    'netlify/functions/named.mjs': echoFunction('named')
  })
  const origin = await listen(app)
  for (const requestLine of ['OPTIONS *', 'GET *', 'GET /%zz', 'GET /%', 'GET /%E0%A4%A', 'GET ?', 'GET http://', 'GET http://[/x', 'GET x', 'GET //', 'GET /\\']) {
    const { status } = await sendRaw(origin, requestLine)
    t.ok(status >= 200 && status < 500, `${requestLine}: ${status}`)
  }
  t.equal((await fetch(`${origin}/.netlify/functions/named`)).status, 200)
})

t.test('a default URL is found in an absolute-form target, and by its path as sent', async (t) => {
  const app = await createApp(t, { 'netlify/functions/named.mjs': echoFunction('named') })
  const origin = await listen(app)
  const status = async (target: string): Promise<number> => (await sendRaw(origin, `GET ${target}`)).status
  t.equal(await status(`${origin}/.netlify/functions/named`), 200)
  t.equal(await status('/.netlify/functions/./named'), 200)
  t.equal(await status('/.netlify/functions/other/../named'), 200)
  t.equal(await status('/.netlify/functions/named#x'), 200)
  t.equal(await status('/.netlify/functions/named/../../..'), 404)
  t.equal(await status('/.netlify/functions//named'), 404)
})
