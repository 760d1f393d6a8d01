import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { createSite } from '../helper.ts'
import { start } from './command.ts'

const files = {
  'netlify/functions/wait.mjs': 'export default () => new Promise((resolve) => { globalThis.go = () => resolve(new Response("waited")); console.log("it waits") })',
  'netlify/functions/go.mjs': 'export default () => { globalThis.go(); return new Response("gone") }'
}

t.test('what a proxy has on its way when the server begins to close is served', async (t) => {
  const { child, origin, ended, shows } = await start(t, await createSite(t, files))
  const port = Number(/\d+$/.exec(origin)?.[0])
  const late = await openConnection(port)
  late.write('GET /.netlify/functions/go HTTP/1.1\r\n')
  const waiting = await openConnection(port)
  const waited = answer(waiting, 'GET /.netlify/functions/wait HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await shows('it waits')
  child.kill('SIGTERM')
  await refused(port)
  t.match(await answer(late, 'host: localhost\r\n\r\n'), /^HTTP\/1\.1 200 .*gone/s)
  t.match(await waited, /^HTTP\/1\.1 200 .*waited/s)
  await ended
  t.equal(child.exitCode, 0)
})

async function openConnection (port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

async function answer (socket: Socket, text: string): Promise<string> {
  socket.write(text)
  return Buffer.concat(await socket.toArray()).toString()
}

/** Until nobody listens any more. */
async function refused (port: number): Promise<void> {
  for (;;) {
    const error = await openConnection(port).then((socket) => { socket.destroy() }, (reason: NodeJS.ErrnoException) => reason)
    if (error?.code === 'ECONNREFUSED') return
  }
}
