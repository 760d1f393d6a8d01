import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { createSiteQueue } from '../../lib/server/site-queue.ts'
import { createSite } from '../helper.ts'

t.test('a site that needs its queue at several places at once opens it once', async (t) => {
  const root = await createSite(t, {})
  let threads = 0
  const onThread = (): void => { threads++ }
  process.on('worker', onThread)
  t.teardown(() => process.off('worker', onThread))
  const { driver, ensure } = createSiteQueue({ given: undefined, file: join(root, 'queue.sqlite'), log: Fastify().log })
  t.teardown(() => driver.close())
  t.equal(driver.durable, false, 'it waits in memory until it is needed')
  await Promise.all([ensure('schedules'), ensure('calls'), ensure('schedules')])
  t.equal(driver.durable, true)
  t.equal(threads, 1, 'the queue of SQLite has a thread of its own')
})
