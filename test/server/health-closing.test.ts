import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import netlifyFunctions from '../../lib/index.ts'
import { createApp, listen } from '../helper.ts'

interface Site {
  begin?: () => void
  release?: () => void
}
const site: Site = {}
Object.assign(globalThis, { healthClosing: site })
const slow = {
  'netlify/functions/slow.mjs': `export default async () => {
  await new Promise((resolve) => { globalThis.healthClosing.release = resolve; globalThis.healthClosing.begin() })
  return new Response('done')
}`
}

t.test('while the site drains, probers are turned away and everybody else is served', async (t) => {
  const app = await createApp(t, slow, { health: { path: '/health' } })
  const origin = await listen(app)
  t.equal((await fetch(`${origin}/health/ready`)).status, 200)
  const drained = app.netlifyFunctions.drain(60_000)
  const probe = await fetch(`${origin}/health/ready`)
  t.equal(probe.status, 503)
  t.match(await probe.json(), { ready: false, checks: { closing: true } })
  t.equal((await fetch(`${origin}/health/live`)).status, 200, 'nobody restarts it')

  const begun = new Promise<void>((resolve) => { site.begin = resolve })
  const answer = fetch(`${origin}/.netlify/functions/slow`)
  await begun
  const closed = app.close()
  await drained
  t.pass('close() ends the wait')
  site.release!()
  t.equal(await (await answer).text(), 'done')
  await closed
})

t.test('all sites of an app drain together', async (t) => {
  const app = await createApp(t, slow, { name: 'one', health: { path: '/one' } })
  await app.register(netlifyFunctions, { root: import.meta.dirname, name: 'two', functions: 'none', prefix: '/two', health: { path: '/health' } })
  await app.netlifyFunctions.drain(0)
  t.equal((await app.netlifyFunctions.site('two').health()).checks.closing, true)
  t.equal((await app.inject('/two/health/ready')).statusCode, 503)
})

t.test('drain() wants a time that a timer can hold', async (t) => {
  const app = await createApp(t, slow)
  for (const time of [-1, NaN, Infinity, 2 ** 31, '5' as unknown as number, undefined as unknown as number]) {
    await t.rejects(app.netlifyFunctions.drain(time), { code: 'FST_NETLIFY_INVALID_OPTION', message: /^Option "milliseconds" of drain\(\) must be a number from 0 to/ })
  }
  t.equal((await app.netlifyFunctions.health()).checks.closing, false)
})

for (const return503OnClosing of [true, false]) {
  t.test(`a prober with an open connection gets 503 while the app closes, with return503OnClosing: ${return503OnClosing}`, async (t) => {
    const app = await createApp(t, slow, { health: { path: '/health' } }, { return503OnClosing })
    const origin = await listen(app)
    const { port } = new URL(origin)
    const prober = connect(Number(port), '127.0.0.1')
    await once(prober, 'connect')
    t.match(await answered(prober, 'GET /health/ready HTTP/1.1\r\nhost: localhost\r\n\r\n'), /^HTTP\/1\.1 200 /)
    // A request that is half sent keeps its connection open when the others are ended.
    prober.write('GET /health/ready HTTP/1.1\r\n')
    const begun = new Promise<void>((resolve) => { site.begin = resolve })
    const answer = fetch(`${origin}/.netlify/functions/slow`)
    await begun
    const closed = app.close()
    await refused(Number(port))
    const response = await answered(prober, 'host: localhost\r\n\r\n')
    t.match(response, /^HTTP\/1\.1 503 /)
    t.match(response, /connection: close/i)
    site.release!()
    await answer
    await closed
  })
}

async function answered (socket: Socket, text: string): Promise<string> {
  const data = once(socket, 'data')
  socket.write(text)
  return String((await data)[0])
}

/** Until nobody listens any more. */
async function refused (port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const error = await once(socket, 'connect').then(() => undefined, (reason: NodeJS.ErrnoException) => reason)
    socket.destroy()
    if (error?.code === 'ECONNREFUSED') return
  }
}
