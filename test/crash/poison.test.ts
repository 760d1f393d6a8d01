import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createSite } from '../helper.ts'
import { ServerProcess } from './server-process.ts'

t.test('a job that takes its process with it, each time, is given up after three attempts', async (t) => {
  const root = await createSite(t, {
    runs: '',
    'netlify/functions/poison-background.mjs': `
      import { appendFileSync } from 'node:fs'
      export default () => {
        appendFileSync(process.env.RUNS, 'run\\n')
        process.kill(process.pid, 'SIGKILL')
      }`
  })
  const runs = join(root, 'runs')
  const server = new ServerProcess(t, { site: { root, isolation: 'inline', background: { leaseDuration: 200 } }, env: { RUNS: runs } })
  await server.start()
  await fetch(`${server.origin}/.netlify/functions/poison-background`).catch(() => {})
  await server.exited()
  for (let attempt = 2; attempt <= 3; attempt++) {
    // The lease may have ended before it listens.
    await server.start().catch(() => {})
    await server.exited()
  }
  const failed = server.heard('failed')
  await server.start()
  await failed
  t.equal(await readFile(runs, 'utf8'), 'run\nrun\nrun\n')
  t.match(await server.stats(), { waiting: 0, running: 0, failed: 1 })
})
