import { join } from 'node:path'
import t from 'tap'
import { queueConformance } from '../../lib/queue/conformance.ts'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { createDirectory } from './directory.ts'

t.test('conformance', async (t) => {
  const directory = await createDirectory(t)
  let files = 0
  queueConformance((name, body) => t.test(name, body), (now) => sqliteQueue({ file: join(directory, `${files++}.sqlite`), now }))
})
