import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { saying, watchSite, type WatchedSite } from './watched-site.ts'

const A = 'netlify/functions/a.ts'
const EVENTS = '/.netlify/watch'

/** Reads an event stream; gives the data of one event after the other. */
async function * listen (origin: string): AsyncGenerator<string> {
  const { body } = await fetch(`${origin}${EVENTS}`)
  let text = ''
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const [...events] = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) yield /^data: (.*)$/m.exec(event)?.[1] ?? ''
  }
}

async function next (events: AsyncGenerator<string>): Promise<string | undefined> {
  return (await events.next()).value as string | undefined
}

/** Sends a request for events and does not read them. */
async function openSocket (t: Test, { origin }: WatchedSite): Promise<Socket> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(`GET ${EVENTS} HTTP/1.1\r\nhost: x\r\n\r\n`)
  return socket
}

t.test('a stream says which version there is, and every other one', async (t) => {
  const site = await watchSite(t, { [A]: saying('1') })
  const events = listen(site.origin)
  const first = await next(events)
  t.match(first, /^[\w-]+$/)
  await site.save({ [A]: saying('2') }, ({ bundled }) => bundled.includes('a'))
  const second = await next(events)
  t.not(second, first)
  await site.save({ [A]: 'oops oops' }, ({ failed }) => failed.length > 0)
  t.not(await next(events), second)
  await events.return(undefined)

  const other = await watchSite(t, { [A]: saying('1') })
  t.not(await next(listen(other.origin)), first, 'another process, another version')
})

t.test('close ends every stream and does not wait for its page', async (t) => {
  const site = await watchSite(t, { [A]: saying('1') }, {}, { forceCloseConnections: false })
  const events = listen(site.origin)
  await next(events)
  await site.app.close()
  t.equal(await next(events), undefined)
})

t.test('there is a bound to the pages, and one that has left makes room', async (t) => {
  const site = await watchSite(t, { [A]: saying('1') })
  const sockets = await Promise.all(Array.from({ length: 100 }, async () => {
    const socket = await openSocket(t, site)
    await once(socket, 'data')
    return socket
  }))
  const refused = await fetch(`${site.origin}${EVENTS}`)
  t.equal(refused.status, 503)
  t.ok(refused.headers.get('retry-after'))

  sockets[0]?.destroy()
  let status = 503
  // The server learns of it when it does.
  for (let turn = 0; status === 503 && turn < 100; turn++) {
    const again = await fetch(`${site.origin}${EVENTS}`)
    status = again.status
    await again.body?.cancel()
  }
  t.equal(status, 200)
})
