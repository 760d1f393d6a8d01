import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createSite } from '../helper.ts'
import { ServerProcess } from './server-process.ts'

t.test('SIGTERM ends a server in time, and the next one runs what it had not finished', async (t) => {
  const root = await createSite(t, {
    runs: '',
    'netlify/functions/long-background.mjs': `
      import { appendFileSync } from 'node:fs'
      export default async (request) => {
        appendFileSync(process.env.RUNS, await request.text() + '\\n')
        if (process.env.HOLDS) await new Promise(() => {})
      }`
  })
  const env = { RUNS: join(root, 'runs') }
  const site = { root, background: { concurrency: 2, drainTimeout: 300 } }
  const first = new ServerProcess(t, { site, env: { ...env, HOLDS: 'yes' } })
  await first.start()
  const running = first.heard('started')
  for (const id of ['a', 'b', 'c']) await fetch(`${first.origin}/.netlify/functions/long-background`, { method: 'POST', body: id })
  await running
  const start = performance.now()
  t.equal(await first.stop(), 0)
  t.ok(performance.now() - start < 15_000)

  const second = new ServerProcess(t, { site, env })
  const ended = new Set<string>()
  const allEnded = new Promise<void>((resolve) => {
    second.on('message', (message) => {
      if (message.type === 'succeeded' && ended.add(message.id).size === 3) resolve()
    })
  })
  await second.start()
  await allEnded
  t.match(await second.stats(), { waiting: 0, running: 0, succeeded: 3, failed: 0 })
  t.same([...new Set((await readFile(env.RUNS, 'utf8')).trim().split('\n'))].sort(), ['a', 'b', 'c'])
  t.equal(await second.stop(), 0)
})
