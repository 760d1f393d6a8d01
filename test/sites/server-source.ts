/**
 * A server as frameworks write them, without a framework: what they do with requests, responses and the process,
 * a path for each.
 */
export const SERVER = `
import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'

const require = createRequire(import.meta.url)
const storage = new AsyncLocalStorage()
const addresses = new WeakMap()
const ADDRESS = Symbol.for('framework.address')
const counts = globalThis.frameworkCounts ??= new Map()
const ready = await Promise.resolve('awaited')

const routes = {
  '/classes': (request) => Response.json({
    instance: request instanceof Request,
    tag: Object.prototype.toString.call(request),
    copy: new Request(request) instanceof Request,
    headers: new Headers(request.headers).get('x-test') === Object.fromEntries(request.headers)['x-test'],
    marked: Reflect.set(request, ADDRESS, '::1') && Reflect.get(request, ADDRESS),
    known: addresses.set(request, 'known').get(request)
  }),
  '/locals': (request) => {
    request.headers.set('x-locals', 'set')
    request.headers.delete('x-test')
    return Response.json([...request.headers].filter(([name]) => name === 'x-locals' || name === 'x-test'))
  },
  '/rewritten': async (request) => {
    const rewritten = new Request(new URL('/text?by=rewrite', request.url), request)
    return Response.json({ url: rewritten.url, method: rewritten.method, header: rewritten.headers.get('x-test'), text: await rewritten.text() })
  },
  '/clone': async (request) => {
    const clone = request.clone()
    return Response.json([await request.text(), await clone.text()])
  },
  '/form': async (request) => Response.json(Array.from(await request.formData(), ([name, value]) => [name, value instanceof File ? value.size : value])),
  '/node-stream': async (request) => {
    const text = []
    await pipeline(Readable.fromWeb(request.body), createGunzip(), async (chunks) => { for await (const chunk of chunks) text.push(String(chunk)) })
    return new Response(text.join(''))
  },
  '/echo': (request) => new Response(request.body, { status: 202, headers: { 'content-type': 'application/octet-stream' } }),
  '/rendered': () => {
    const body = new PassThrough()
    body.write('<p>shell</p>')
    setTimeout(() => body.end('<p>rest</p>'), 50)
    return new Response(Readable.toWeb(body), { headers: { 'content-type': 'text/html' } })
  },
  '/wrapped': async () => {
    const inner = new Response('inner', { status: 418, headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2']] })
    const outer = new Response(inner.body, inner)
    outer.headers.append('set-cookie', 'c=3')
    return outer
  },
  '/compressed': () => new Response(new Blob(['text '.repeat(1000)]).stream().pipeThrough(new CompressionStream('gzip')), { headers: { 'content-encoding': 'gzip' } }),
  '/buffer': () => new Response(Buffer.from([0, 127, 255])),
  '/proxied': async (request) => await fetch(new URL(request.url).searchParams.get('to'), { headers: { 'x-test': request.headers.get('x-test') } }),
  '/store': (request) => storage.run({ name: new URL(request.url).search }, () => new Response(new ReadableStream({
    async pull (controller) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      controller.enqueue(new TextEncoder().encode(storage.getStore().name))
      controller.close()
    }
  }))),
  '/process': () => Response.json({
    ready,
    cwd: process.cwd() === frameworkRoot(),
    file: JSON.parse(readFileSync(new URL('data.json', import.meta.url))).from,
    required: require('./data.json').from,
    count: counts.set('calls', (counts.get('calls') ?? 0) + 1).get('calls')
  }),
  '/waiting': async (request) => {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(60_000)])
    tell('waiting')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    tell(request.signal.aborted ? 'the client has left' : 'the time is over')
    return new Response('nobody gets this')
  }
}

function tell (news) {
  const channel = new BroadcastChannel('framework')
  channel.postMessage(news)
  channel.close()
}

function frameworkRoot () {
  return process.env.FRAMEWORK_ROOT ?? fileURLToPath(import.meta.url)
}

export default async (request, context) => {
  const { pathname } = new URL(request.url)
  context.waitUntil(Promise.resolve())
  const answer = routes[pathname]
  return answer === undefined ? new Response('Not found by the framework', { status: 404 }) : await answer(request)
}
`
