import { EventEmitter, once } from 'node:events'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { createImages, type ImageOrigins, type Images, type ImagesOptions } from '../../lib/site/images.ts'
import { compileRemotePatterns } from '../../lib/site/images/remote-patterns.ts'
import type { Ipx } from '../../lib/site/images/transform.ts'
import { createSite } from '../helper.ts'
import { sample, sharp } from './images/sample.ts'

const photo = await sample('jpeg')

async function open (t: Test, options: Partial<ImagesOptions> = {}): Promise<Images & { directory: string }> {
  const directory = await createSite(t, {})
  return { directory, ...createImages({ directory, maxBytes: 1e8, concurrency: 1, onCacheError: (error) => { throw error }, ...options }) }
}

function origins (remote: readonly string[], given: Partial<ImageOrigins> = {}): ImageOrigins {
  return { remote: compileRemotePatterns(remote, () => {}), own: [], file: () => undefined, answer: async () => undefined, ...given }
}

async function listen (t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An ipx that finishes its work only when it is told to. */
function slowIpx (): { load: () => Promise<Ipx>, counts: { started: number, atOnce: number }, begin: (work: number) => Promise<void>, finish: () => void } {
  const counts = { started: 0, atOnce: 0 }
  const { promise, resolve: finish } = Promise.withResolvers<void>()
  const events = new EventEmitter()
  let running = 0
  const process = async (): Promise<{ data: Buffer }> => {
    counts.started++
    counts.atOnce = Math.max(counts.atOnce, ++running)
    events.emit('start')
    await promise
    running--
    return { data: Buffer.from('result') }
  }
  const begin = async (work: number): Promise<void> => { while (counts.started < work) await once(events, 'start') }
  return { counts, begin, finish, load: async () => ({ createIPX: () => () => ({ process }) }) }
}

t.test('several requests for one image transform it once', async (t) => {
  const { load, counts, finish } = slowIpx()
  const { get } = await open(t, { load, concurrency: 5 })
  const own = origins([], { answer: async () => photo })
  const asked = Array.from({ length: 10 }, async () => await get('?url=/a.jpg&fm=png', undefined, own))
  finish()
  const images = await Promise.all(asked)
  t.ok(images.every(({ bytes }) => String(bytes) === 'result'))
  t.equal(String((await get('?url=/a.jpg&fm=png', undefined, own)).bytes), 'result', 'kept')
  t.equal(counts.started, 1)
})

t.test('no more are transformed at once than is allowed, and no more wait than can', async (t) => {
  const { load, counts, begin, finish } = slowIpx()
  const { get } = await open(t, { load, concurrency: 2 })
  const own = origins([], { answer: async () => photo })
  const settled = Array.from({ length: 250 }, async (_, width) => await get(`?url=/a.jpg&w=${width + 1}`, undefined, own).then(() => 'sent', ({ code }) => code))
  t.equal(await Promise.race(settled), 'FST_NETLIFY_TOO_MANY_IMAGES')
  await begin(2)
  finish()
  const results = Map.groupBy(await Promise.all(settled), (result) => result)
  t.equal(results.get('sent')!.length + results.get('FST_NETLIFY_TOO_MANY_IMAGES')!.length, 250)
  t.ok(results.get('sent')!.length >= 202)
  t.equal(counts.atOnce, 2)
})

t.test('what waits for its turn is not in memory: a file is read when it is transformed', async (t) => {
  const { load, begin, finish } = slowIpx()
  const { get } = await open(t, { load })
  const file = join(await createSite(t, {}), 'a.jpg')
  await writeFile(file, photo)
  const own = origins([], { file: () => file })
  const first = get('?url=/a.jpg&w=1', undefined, own)
  await begin(1)
  const settled = Array.from({ length: 220 }, async (_, width) => await get(`?url=/a.jpg&w=${width + 2}`, undefined, own).then(() => 'sent', ({ code }) => code))
  t.equal(await Promise.race(settled), 'FST_NETLIFY_TOO_MANY_IMAGES')
  await rm(file)
  finish()
  t.equal(String((await first).bytes), 'result')
  t.notOk((await Promise.all(settled)).includes('sent'))
})

t.test('a failure is not kept', async (t) => {
  const { get } = await open(t)
  const broken = origins([], { answer: async () => Buffer.concat([photo.subarray(0, 20), Buffer.alloc(100)]) })
  await t.rejects(get('?url=/a.jpg&w=10', undefined, broken), { code: 'FST_NETLIFY_INVALID_IMAGE' })
  t.ok(await get('?url=/a.jpg&w=10', undefined, origins([], { answer: async () => photo })))
})

t.test('a remote image is fetched once while it is fresh, and then asked for again', async (t) => {
  const requests: Array<string | undefined> = []
  const origin = await listen(t, ({ headers }, response) => {
    requests.push(headers['if-none-match'])
    if (headers['if-none-match'] === '"a"') response.writeHead(304).end()
    else response.writeHead(200, { etag: '"a"', 'cache-control': 'max-age=60', 'content-type': 'text/plain' }).end(photo)
  })
  const { get, directory } = await open(t)
  const remote = origins([origin])
  const url = `?url=${encodeURIComponent(`${origin}/a.jpg?x=1#y`)}`
  const first = await get(`${url}&w=10`, undefined, remote)
  t.match(await sharp((await get(`${url}&w=20`, undefined, remote)).bytes).metadata(), { width: 20 })
  t.strictSame(requests, [undefined])

  mock.timers.enable({ apis: ['Date'], now: Date.now() + 61_000 })
  t.teardown(() => mock.timers.reset())
  t.strictSame((await get(`${url}&w=10`, undefined, remote)).bytes, first.bytes)
  t.strictSame(requests, [undefined, '"a"'])
  // The image was removed to make room.
  for (const file of await readdir(directory)) await writeFile(join(directory, file), '')
  t.strictSame((await get(`${url}&w=10`, undefined, remote)).bytes, first.bytes)
  t.strictSame(requests, [undefined, '"a"', undefined])
})

t.test('what is not to be stored is fetched each time, and transformed once', async (t) => {
  let requests = 0
  const origin = await listen(t, (_request, response) => {
    requests++
    response.writeHead(200, { 'cache-control': 'no-store' }).end(photo)
  })
  const { get, directory } = await open(t)
  for (let time = 0; time < 3; time++) await get(`?url=${origin}/a.jpg&w=10`, undefined, origins([origin]))
  t.equal(requests, 3)
  t.equal((await readdir(directory)).length, 2)
})

t.test('a remote image that is no longer allowed is not sent from what is kept', async (t) => {
  const origin = await listen(t, (_request, response) => { response.end(photo) })
  const { get } = await open(t)
  t.ok(await get(`?url=${origin}/a.jpg`, undefined, origins([origin])))
  await t.rejects(get(`?url=${origin}/a.jpg`, undefined, origins(['https://other.test'])), { code: 'FST_NETLIFY_IMAGE_NOT_ALLOWED' })
})

t.test('the site\'s own origin needs no permission', async (t) => {
  const asked: string[] = []
  const own = origins([], {
    own: ['https://example.com'],
    answer: async (target) => {
      asked.push(target)
      return photo
    }
  })
  const { get } = await open(t)
  for (const url of ['https://example.com/a%20b.jpg?c=1', '/a b.jpg?c=1', 'a b.jpg?c=1']) await get(`?url=${encodeURIComponent(url)}`, undefined, own)
  t.strictSame(new Set(asked), new Set(['/a%20b.jpg?c=1']))
  for (const url of ['https://example.com:444/a', 'http://example.com/a', 'https://u@example.com/a']) {
    await t.rejects(get(`?url=${encodeURIComponent(url)}`, undefined, own), { code: 'FST_NETLIFY_IMAGE_NOT_ALLOWED' }, url)
  }
})

t.test('ipx may be installed while the site is served', async (t) => {
  let installed = false
  const load = async (): Promise<Ipx> => {
    if (!installed) throw new Error('Cannot find package \'ipx\'')
    return await import('ipx') as unknown as Ipx
  }
  const { get } = await open(t, { load })
  const own = origins([], { answer: async () => photo })
  await t.rejects(get('?url=/a', undefined, own), { code: 'FST_NETLIFY_IMAGES_UNAVAILABLE', statusCode: 501, cause: { code: 'FST_NETLIFY_MISSING_PACKAGE' } })
  installed = true
  t.ok(await get('?url=/a', undefined, own))
})
