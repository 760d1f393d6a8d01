import t from 'tap'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { captureLog, createApp } from '../helper.ts'

const files = { 'netlify/functions/idle-background.mjs': 'export default () => {}' }

t.test('a queue that fails to close is logged, and close() ends', async (t) => {
  const log = captureLog()
  const queue = { ...memoryQueue(), close: async () => { throw new Error('connection lost') } }
  const app = await createApp(t, files, { queue }, { logger: log.logger })
  await app.ready()
  await app.close()
  const line = await log.line(({ err }) => err?.message === 'connection lost')
  t.equal(line.level, 40)
})

t.test('a queue that never answers does not hold close() up', async (t) => {
  const log = captureLog()
  const queue = { ...memoryQueue(), close: () => new Promise<never>(() => {}) }
  const app = await createApp(t, files, { queue }, { logger: log.logger })
  await app.ready()
  await app.close()
  t.ok(await log.line(({ msg }) => msg === 'the background queue did not close in time'))
})
