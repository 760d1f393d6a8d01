import { once } from 'node:events'
import { request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { createAppWithPackages } from '../packages.ts'
import { listen } from '../helper.ts'
import { SERVER } from './server-source.ts'
import { chunksOf, listenTo } from './serve.ts'

const CONFIG = 'path: "/*", preferStatic: true'
/** Where the server lies, and how its build wants it loaded. */
const FORMS: Record<string, Record<string, string>> = {
  'a function of the user\'s': {
    'netlify/functions/server.mjs': `${SERVER}export const config = { ${CONFIG} }`,
    'netlify/functions/data.json': '{ "from": "the file beside it" }'
  },
  'a function of the user\'s that uses a package': {
    'netlify/functions/server.mjs': `import 'hono'\n${SERVER}export const config = { ${CONFIG} }`,
    'netlify/functions/data.json': '{ "from": "the file beside it" }'
  },
  'a generated function whose server lies elsewhere': {
    '.netlify/functions-internal/server.mjs': `export { default } from '../../build/server/index.js'\nexport const config = { ${CONFIG} }`,
    'build/server/index.js': SERVER,
    'build/server/data.json': '{ "from": "the file beside it" }',
    'package.json': '{ "type": "module" }'
  },
  'a generated function that is not to be bundled': {
    '.netlify/v1/functions/server/server.mjs': `export { default } from './main.mjs'\nexport const config = { ${CONFIG}, nodeBundler: 'none' }`,
    '.netlify/v1/functions/server/main.mjs': SERVER,
    '.netlify/v1/functions/server/data.json': '{ "from": "the file beside it" }'
  }
}

type Get = (path: string, init?: RequestInit) => Promise<Response>

for (const isolation of ['inline', 'thread'] as const) {
  for (const [form, files] of Object.entries(FORMS)) {
    t.test(`${form}, with isolation: '${isolation}'`, async (t) => {
      const options = { isolation: { request: isolation, threads: 1 }, env: { FRAMEWORK_ROOT: process.cwd() } }
      const origin = await listen(await createAppWithPackages(t, files, options))
      const get: Get = async (path, init) => await fetch(origin + path, { ...init, headers: { 'x-test': 'test', ...init?.headers } })
      await testRequests(t, get, origin)
      await testResponses(t, get)
      await testProcess(t, get, origin)
    })
  }
}

async function testRequests (t: Test, get: Get, origin: string): Promise<void> {
  t.same(await (await get('/classes')).json(), { instance: true, tag: '[object Request]', copy: true, headers: true, marked: '::1', known: 'known' })
  t.same(await (await get('/locals')).json(), [['x-locals', 'set']])
  t.same(await (await get('/rewritten', { method: 'PUT', body: 'Grüße' })).json(), { url: `${origin}/text?by=rewrite`, method: 'PUT', header: 'test', text: 'Grüße' })
  t.same(await (await get('/clone', { method: 'POST', body: 'twice' })).json(), ['twice', 'twice'])

  const form = new FormData()
  form.set('name', 'Ä')
  form.set('file', new File([new Uint8Array(100_000)], 'file.bin'))
  t.same(await (await get('/form', { method: 'POST', body: form })).json(), [['name', 'Ä'], ['file', 100_000]])
  t.equal(await (await get('/node-stream', { method: 'POST', body: gzipSync('unpacked') })).text(), 'unpacked')

  const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index)
  const echo = await get('/echo', { method: 'POST', body: bytes })
  t.equal(echo.status, 202)
  t.ok(Buffer.from(await echo.arrayBuffer()).equals(bytes))
}

async function testResponses (t: Test, get: Get): Promise<void> {
  t.same(await chunksOf(await get('/rendered')), ['<p>shell</p>', '<p>rest</p>'])
  const wrapped = await get('/wrapped')
  t.same([wrapped.status, await wrapped.text(), wrapped.headers.getSetCookie()], [418, 'inner', ['a=1', 'b=2', 'c=3']])
  t.equal(await (await get('/compressed')).text(), 'text '.repeat(1000))
  t.same(new Uint8Array(await (await get('/buffer')).arrayBuffer()), new Uint8Array([0, 127, 255]))

  const upstream = await upstreamServer(t)
  const proxied = await get(`/proxied?to=${upstream}`)
  t.same([proxied.status, proxied.headers.get('x-upstream'), await proxied.text()], [203, 'yes', 'from upstream'])
  const unknown = await get('/unknown')
  t.same([unknown.status, await unknown.text()], [404, 'Not found by the framework'])
}

async function testProcess (t: Test, get: Get, origin: string): Promise<void> {
  const names = ['?one', '?two', '?three']
  t.same(await Promise.all(names.map(async (name) => await (await get(`/store${name}`)).text())), names)

  t.match(await (await get('/process')).json(), { ready: 'awaited', cwd: true, file: 'the file beside it', required: 'the file beside it', count: Number })

  const news = listenTo('framework')
  const waiting = request(`${origin}/waiting`).end()
  await news('waiting')
  waiting.destroy()
  await once(waiting, 'error')
  await news('the client has left')
  t.pass('a call learns that its client has left')
}

/** Answers every connection with the same few bytes. */
async function upstreamServer (t: Test): Promise<string> {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 203 OK\r\nx-upstream: yes\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nfrom \r\n8\r\nupstream\r\n0\r\n\r\n'))
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
