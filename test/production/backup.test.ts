import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { createApp, createSite } from '../helper.ts'
import { configurations } from './server-process.ts'

t.test('a queue that is in use is backed up, and the copy is a queue with all that was accepted before', async (t) => {
  const directory = await createSite(t, {})
  const [file, copy] = [join(directory, 'queue.sqlite'), join(directory, 'copy.sqlite')]
  const files = { 'netlify/functions/note-background.mjs': 'export default () => {}' }
  const app = await createApp(t, files, { queue: sqliteQueue({ file }) })
  const { jobs } = app.netlifyFunctions
  jobs.pause()
  const call = async (): Promise<void> => { t.equal((await app.inject({ method: 'POST', url: '/.netlify/functions/note-background', body: 'x' })).statusCode, 202) }
  for (let job = 0; job < 20; job++) await call()
  const during = Promise.all(Array.from({ length: 20 }, call))
  const backUp = async (): Promise<unknown> => await promisify(execFile)(process.execPath, [join(configurations, 'backup.mjs'), file, copy])
  await Promise.all([during, backUp()])
  await backUp()
  await t.rejects(access(`${copy}.unfinished`))

  const restored = sqliteQueue({ file: copy })
  t.teardown(() => restored.close())
  t.match(await restored.stats(), { waiting: 40 }, 'the second copy has replaced the first')
  t.equal((await restored.list({ limit: 1 }))[0]?.function, 'note-background')
})
