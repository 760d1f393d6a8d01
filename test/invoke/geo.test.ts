import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'

const files = {
  'netlify/functions/where.mjs': 'export default (request, { geo }) => Response.json({ geo, header: request.headers.get("x-nf-geo") })'
}
const url = '/.netlify/functions/where'

function decode (header: string): unknown {
  return JSON.parse(Buffer.from(header, 'base64').toString())
}

t.test('context.geo is empty unless asked for', async (t) => {
  const app = await createApp(t, files)
  t.strictSame((await app.inject(url)).json(), { geo: {}, header: null })
})

t.test('a mocked place is San Francisco, or in the country that is asked for', async (t) => {
  const sanFrancisco = await createApp(t, files, { geo: 'mock' })
  t.strictSame((await sanFrancisco.inject(url)).json().geo, {
    city: 'San Francisco', country: { code: 'US', name: 'United States' }, subdivision: { code: 'CA', name: 'California' }, longitude: 0, latitude: 0, timezone: 'UTC'
  })
  const germany = await createApp(t, files, { geo: { mock: 'DE' } })
  t.match((await germany.inject(url)).json().geo, { country: { code: 'DE' } })
})

t.test('a function of the request finds the place, at once or later', async (t) => {
  const places: Record<string, string> = { '192.0.2.1': 'Zürich', '192.0.2.2': '東京' }
  const find = (request: FastifyRequest): { city: string, postalCode: string } => ({ city: places[request.ip]!, postalCode: '8001' })
  for (const geo of [find, async (request: FastifyRequest) => await Promise.resolve(find(request))]) {
    const app = await createApp(t, files, { geo })
    for (const [remoteAddress, city] of Object.entries(places)) {
      const { geo, header } = (await app.inject({ url, remoteAddress })).json()
      t.strictSame(geo, { city, postalCode: '8001' })
      t.strictSame(decode(header), { city, postal_code: '8001' }, 'the header is as Netlify\'s edge writes it')
    }
  }
})

t.test('a place that cannot be found is none, and logged', async (t) => {
  for (const geo of [() => { throw new Error('no database') }, async () => await Promise.reject(new Error('no database')), () => undefined as never]) {
    const log = captureLog()
    const app = await createApp(t, files, { geo }, { logger: log.logger })
    const response = await app.inject(url)
    t.equal(response.statusCode, 200)
    t.strictSame(response.json(), { geo: {}, header: null })
    await log.line(({ level, msg }) => level === 40 && msg.includes('"geo"'))
  }
})

t.test('a body that is read after the place has been looked up is whole', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/echo.mjs': 'export default async (request, { geo }) => Response.json([geo.city, (await request.text()).length])'
  }, { geo: async () => await new Promise((resolve) => setImmediate(resolve, { city: 'x' })) })
  const origin = await listen(app)
  const response = await fetch(`${origin}/.netlify/functions/echo`, { method: 'POST', body: 'x'.repeat(300_000) })
  t.same(await response.json(), ['x', 300_000])
})

t.test('a header from a client is not believed, that of a trusted proxy is', async (t) => {
  const place = { city: 'Elsewhere', country: { code: 'XX' }, postal_code: '1', latitude: 1.5 }
  const headers = { 'x-nf-geo': Buffer.from(JSON.stringify(place)).toString('base64') }
  const app = await createApp(t, files, { geo: 'mock' })
  t.equal((await app.inject({ url, headers })).json().geo.city, 'San Francisco')

  const trusting = await createApp(t, files, { geo: 'mock', trustPlatformHeaders: true })
  t.strictSame((await trusting.inject({ url, headers })).json().geo, { city: 'Elsewhere', country: { code: 'XX' }, latitude: 1.5, postalCode: '1' })
  for (const unreadable of ['', 'no base64!', Buffer.from('no json').toString('base64'), Buffer.from('null').toString('base64'), Buffer.from('5').toString('base64')]) {
    const response = await trusting.inject({ url, headers: { 'x-nf-geo': unreadable } })
    t.strictSame(response.json().geo, {}, unreadable)
  }
})

t.test('a background function knows the place of the client that called it', async (t) => {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  Object.assign(globalThis, { geoSeen: resolve })
  const app = await createApp(t, {
    'netlify/functions/later-background.mjs': 'export default (request, { geo }) => { geoSeen(geo) }'
  }, { geo: (request) => ({ city: request.ip }) })
  await app.inject({ url: '/.netlify/functions/later-background', method: 'POST', remoteAddress: '192.0.2.9' })
  t.strictSame(await promise, { city: '192.0.2.9' })
})

t.test('a bad value of the option is an error', async (t) => {
  for (const geo of ['DE', {}, { mock: 5 }, { mock: '' }, true, null]) {
    await t.rejects(createApp(t, files, { geo: geo as never }), { code: 'FST_NETLIFY_INVALID_OPTION', message: /"geo" must be/ }, JSON.stringify(geo))
  }
})
