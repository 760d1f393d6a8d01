import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Refusal } from './messages.ts'
import { isBusy, refusalOf } from './refusal.ts'
import { migrate, SCHEMA_VERSION } from './schema.ts'

/** Milliseconds that a call waits for another process to give the file free. */
const BUSY_TIMEOUT = 5_000
const BUSY_PAUSE = 20
/** Bytes that the write-ahead log keeps on disk after a burst. */
const LOG_SIZE = 16 * 1024 * 1024

export type Opening = { readonly database: DatabaseSync } | { readonly refusal: Refusal }

/** Opens the file, which it makes where there is none, and brings its layout up to date. */
export function openDatabase (file: string): Opening {
  const giveUp = performance.now() + BUSY_TIMEOUT
  for (;;) {
    try {
      createDirectory(dirname(file))
      return open(file)
    } catch (error) {
      // Two processes that make one file at the same time: the time-out does not apply to the change to WAL.
      if (!isBusy(error) || performance.now() > giveUp) return { refusal: refusalOf(error) }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE)
    }
  }
}

/** Forgets a transaction, if there is one. */
export function rollBack (database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // Some failures, a full disk among them, have rolled back already.
  }
}

/** A file is as durable as the entry for it: each directory that is made is written to the disk. */
function createDirectory (directory: string): void {
  const first = mkdirSync(directory, { recursive: true })
  if (first === undefined) return
  for (let made = directory; made.length >= first.length; made = dirname(made)) syncDirectory(dirname(made))
}

function syncDirectory (directory: string): void {
  try {
    const descriptor = openSync(directory, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // Not every system lets a directory be opened and synchronised; none of these needs it.
  }
}

function open (file: string): Opening {
  const database = new DatabaseSync(file)
  try {
    // The first of all: Node.js 22.13 ignores the constructor's time-out.
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
    const refusal = findForeign(database)
    if (refusal !== undefined) {
      database.close()
      return { refusal }
    }
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${LOG_SIZE}`)
    database.exec('BEGIN IMMEDIATE')
    migrate(database, layoutOf(database).version)
    database.exec('COMMIT')
    return { database }
  } catch (error) {
    database.close()
    throw error
  }
}

function findForeign (database: DatabaseSync): Refusal | undefined {
  const { version, tables } = layoutOf(database)
  if (version > SCHEMA_VERSION) {
    const reason = `a newer version of this package wrote it (layout ${version}, this one knows up to ${SCHEMA_VERSION})`
    return { kind: 'broken', reason, remedy: 'update fastify-netlify-functions, or give the queue another file' }
  }
  if (version === 0 && tables > 0) {
    return { kind: 'broken', reason: 'it is the database of something else', remedy: 'give the queue a file of its own' }
  }
  return undefined
}

/** Reads both at once: another process may be making the file. */
function layoutOf (database: DatabaseSync): { version: number, tables: number } {
  const row = database.prepare('SELECT user_version AS version, (SELECT count(*) FROM sqlite_master) AS tables FROM pragma_user_version').get()
  return { version: Number(row?.['version']), tables: Number(row?.['tables']) }
}
