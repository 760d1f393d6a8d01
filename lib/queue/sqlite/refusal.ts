import type { Refusal } from './messages.ts'

// https://www.sqlite.org/rescode.html
const SQLITE_FULL = 13
const SQLITE_TOOBIG = 18
const SQLITE_CONSTRAINT = 19
const SQLITE_MISMATCH = 20
const SQLITE_RANGE = 25
const DAMAGED = new Map([
  [11, 'the database in it is damaged'],
  [26, 'it is not a SQLite database']
])
// perm, readonly, cantopen, auth
const FORBIDDEN = new Set([3, 8, 14, 23])
const BUSY = new Set([5, 6])
const PASSING_SYSTEM_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY', 'EINTR', 'ETIMEDOUT'])

const MOVE_IT = 'give the queue another file, or move this one and those beside it away; the jobs in it do not run then'
const MAKE_WRITABLE = 'give the queue a file that this process may create and write, or use memoryQueue()'

/** Says what a failed call of SQLite or of the file system means for those who asked. */
export function refusalOf (error: unknown): Refusal {
  const { message, code } = error instanceof Error ? error as NodeJS.ErrnoException : new Error(String(error)) as NodeJS.ErrnoException
  const result = resultCode(error)
  const damage = DAMAGED.get(result)
  if (damage !== undefined) return { kind: 'broken', reason: `${damage} (${message})`, remedy: MOVE_IT }
  const isForbidden = FORBIDDEN.has(result) || (result === 0 && isSystemError(error) && !PASSING_SYSTEM_ERRORS.has(code ?? ''))
  if (isForbidden) return { kind: 'broken', reason: `it cannot be opened or written (${message})`, remedy: MAKE_WRITABLE }
  if (BUSY.has(result)) return { kind: 'unavailable', reason: 'its file is locked by another process' }
  if (result === SQLITE_FULL) return { kind: 'unavailable', reason: 'its disk is full' }
  return { kind: 'unavailable', reason: message }
}

/** Whether others of the same transaction may do better on their own. */
export function concernsOneCall (error: unknown): boolean {
  const result = resultCode(error)
  return [SQLITE_FULL, SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE].includes(result) ||
    (result === 0 && error instanceof TypeError)
}

export function isBusy (error: unknown): boolean {
  return BUSY.has(resultCode(error))
}

/** SQLite's primary result code, 0 for any other error. */
function resultCode (error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
}

function isSystemError (error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
