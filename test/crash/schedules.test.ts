import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createSite } from '../helper.ts'
import { ServerProcess } from './server-process.ts'

const MINUTE = 60_000
/** Milliseconds from when the processes begin to listen to the next minute on their clocks. */
const LEAD = 1_500
const names = Array.from({ length: 20 }, (_, index) => `tick${index}`)

const tick = (name: string): string => `
  import { appendFileSync } from 'node:fs'
  export default async (request) => {
    const { next_run: next } = await request.json()
    appendFileSync(process.env.RUNS, '${name} ' + next + ' ' + process.pid + '\\n')
  }
  export const config = { schedule: '* * * * *' }`

t.test('two processes on one file run each schedule once', async (t) => {
  const root = await createSite(t, { runs: '', ...Object.fromEntries(names.map((name) => [`netlify/functions/${name}.mjs`, tick(name)])) })
  const runs = join(root, 'runs')
  const servers = [0, 1].map(() => new ServerProcess(t, { site: { root }, env: { RUNS: runs, WAITS_FOR_CLOCK: 'yes' } }))
  const ended = new Set<string>()
  const allEnded = new Promise<void>((resolve) => {
    for (const server of servers) {
      server.on('message', (message) => {
        if (message.type === 'succeeded') ended.add(message.id)
        if (ended.size === names.length) resolve()
      })
    }
  })
  const ready = Promise.all(servers.map((server) => server.heard('ready')))
  const listening = Promise.all(servers.map((server) => server.start()))
  await ready
  const clockOffset = MINUTE - Date.now() % MINUTE - LEAD
  for (const server of servers) server.setClock(clockOffset)
  await listening
  t.equal(ended.size, 0)
  await allEnded
  // Both have come to the minute by then; a second job of a schedule would be stored.
  t.match(await servers[0]!.stats(), { waiting: 0, running: 0, succeeded: names.length })
  const lines = (await readFile(runs, 'utf8')).split('\n').filter(Boolean)
  t.same(lines.map((line) => line.split(' ')[0]).sort(), [...names].sort())
  t.equal(new Set(lines.map((line) => line.split(' ')[1])).size, 1, 'all of the same minute')
  for (const server of servers) t.equal(await server.stop(), 0)
})
