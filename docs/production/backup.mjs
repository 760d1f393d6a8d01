// node backup.mjs <queue.sqlite> <copy>, while servers use the queue
import { open, rename, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'

const [queue, copy] = process.argv.slice(2)
const unfinished = `${copy}.unfinished`
await rm(unfinished, { force: true })

const database = new DatabaseSync(queue, { timeout: 5_000 })
database.prepare('VACUUM INTO ?').run(unfinished)
database.close()

const file = await open(unfinished, 'r+')
await file.sync()
await file.close()
await rename(unfinished, copy)
