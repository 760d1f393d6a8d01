import { channel } from 'node:diagnostics_channel'
import { mock } from 'node:test'
import t from 'tap'
import { showProgress } from '../../lib/cli/progress.ts'
import { stopTime } from '../helper.ts'

const builds = channel('fastify-netlify-functions:build')

t.test('without a terminal, a build that takes long says so every five seconds', (t) => {
  stopTime(t)
  const written = t.capture(process.stderr, 'write')
  const { isTTY } = process.stderr
  process.stderr.isTTY = false
  t.teardown(() => { process.stderr.isTTY = isTTY })
  const progress = showProgress()
  for (let built = 1; built <= 12; built++) {
    mock.timers.tick(1000)
    builds.publish({ name: `f-${built}`, built, total: 12, cached: built === 3 })
  }
  t.same(written().map(({ args }) => args[0]), ['Building functions: 5 of 12\n', 'Building functions: 10 of 12\n'])
  t.same([...progress.cached], ['f-3'])
  progress.stop()
  t.notOk(builds.hasSubscribers)
  t.end()
})
