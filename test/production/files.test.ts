import { spawnSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { configurations, repository } from './server-process.ts'

const page = await readFile(join(repository, 'docs/production.md'), 'utf8')

t.test('docs/production.md quotes every file as it is', async (t) => {
  for (const name of await readdir(configurations)) {
    const [, quote] = page.split(`[\`${name}\`](production/${name}):\n\n\`\`\``)
    t.ok(quote?.slice(quote.indexOf('\n') + 1).startsWith(`${await readFile(join(configurations, name), 'utf8')}\`\`\``), name)
  }
})

t.test('everybody waits longer for the server than it takes to close', async (t) => {
  const read = async (name: string): Promise<string> => await readFile(join(configurations, name), 'utf8')
  const delay = Number(/delay: ([\d_]+)/.exec(await read('server.mjs'))?.[1]?.replaceAll('_', ''))
  const { apps } = createRequire(import.meta.url)(join(configurations, 'ecosystem.config.cjs')) as { apps: Array<{ kill_timeout: number, script: string }> }
  t.ok(delay > 35_000, 'which is drainTimeout and 5 s')
  for (const { kill_timeout: time } of apps) t.ok(time > delay)
  t.ok(Number(/TimeoutStopSec=(\d+)/.exec(await read('site.service'))?.[1]) * 1000 > delay)
  t.ok(Number(/stop_grace_period: (\d+)s/.exec(await read('compose.yaml'))?.[1]) * 1000 > delay)
})

const noSystemd = process.env.REQUIRE_SYSTEMD === undefined && spawnSync('systemd-analyze', ['--version']).error !== undefined
t.test('systemd accepts the unit', { skip: noSystemd && 'systemd-analyze is not installed: apt-get install systemd' }, async (t) => {
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', join(configurations, 'site.service')], { encoding: 'utf8' })
  // The machine that tests may have its Node.js elsewhere.
  const complaints = stderr.split('\n').filter((line) => line.includes('site.service') && !line.includes('/usr/bin/node is not executable'))
  t.same(complaints, [])
  t.ok(status === 0 || stderr.includes('/usr/bin/node'))
})
