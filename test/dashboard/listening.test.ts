import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { captureLog, createSite } from '../helper.ts'
import { BASE, createDashboardApp } from './site.ts'

const refusal = { code: 'FST_NETLIFY_DASHBOARD_NEEDS_AUTH', message: /dashboard\.auth/ }

for (const host of ['0.0.0.0', '::']) {
  t.test(`a server without auth does not listen on ${host}`, async (t) => {
    const { logger, lines } = captureLog('info')
    const app = await createDashboardApp(t, {}, { logger } as object)
    await t.rejects(app.listen({ port: 0, host }), { ...refusal, message: new RegExp(`listens on ${host}`) })
    t.equal(app.server.listening, false)
    t.notOk(lines.some(({ msg }) => msg.startsWith('Server listening')))

    await app.listen({ port: 0, host: '127.0.0.1' })
    t.equal((await fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}${BASE}`)).status, 200, 'and can listen elsewhere then')
  })
}

t.test('nor with a callback, which is called once', async (t) => {
  const app = await createDashboardApp(t)
  const calls: unknown[] = []
  await new Promise<void>((resolve) => {
    app.listen({ port: 0, host: '0.0.0.0' }, (error) => {
      calls.push(error)
      resolve()
    })
  })
  await app.close()
  t.match(calls, [refusal])
  t.equal(calls.length, 1)
})

t.test('nor on a Unix socket, which is whose its file is', async (t) => {
  const app = await createDashboardApp(t)
  const path = join(await createSite(t, {}), 'server.sock')
  await t.rejects(app.listen({ path }), refusal)
})

t.test('it listens on localhost, whatever addresses that has', async (t) => {
  const app = await createDashboardApp(t)
  await app.listen({ port: 0 })
  for (const { port } of app.addresses() as AddressInfo[]) t.equal((await fetch(`http://localhost:${port}${BASE}`)).status, 200)
})

t.test('with auth, it listens anywhere', async (t) => {
  const app = await createDashboardApp(t, { dashboard: { auth: () => true } })
  await app.listen({ port: 0, host: '0.0.0.0' })
  t.equal((await fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}${BASE}`)).status, 200)
})

t.test('another server of the process may listen anywhere', async (t) => {
  const app = await createDashboardApp(t, { dashboard: undefined } as object)
  await app.listen({ port: 0, host: '0.0.0.0' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
})
