import type { DatabaseSync, StatementSync } from 'node:sqlite'

const RECORD = 'jobs.sequence, call, body, state, attempt, enqueued_at AS enqueuedAt, run_at AS runAt, finished_at AS finishedAt, error'
// INDEXED BY: without statistics SQLite takes the index by state, and sorts all that wait.
const WAITING = "jobs INDEXED BY waiting_by_due WHERE state = 'waiting'"
const WAITING_BY_FUNCTION = "jobs INDEXED BY waiting_by_function WHERE state = 'waiting'"
const RUNNING = "jobs INDEXED BY running_by_due WHERE state = 'running'"

// Steps from one function that has waiting jobs to the next through the index, however many jobs each of them has.
const WANTED = `WITH RECURSIVE
  names (name) AS (
    SELECT min(function) FROM ${WAITING_BY_FUNCTION}
    UNION ALL
    SELECT (SELECT min(function) FROM ${WAITING_BY_FUNCTION} AND function > name) FROM names WHERE name IS NOT NULL
  ),
  wanted (name) AS (SELECT name FROM names WHERE name IS NOT NULL AND name NOT IN (SELECT value FROM json_each(:except)))`

const sources = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  readTotals: 'SELECT * FROM totals',
  writeTotals: `UPDATE totals SET waiting = :waiting, running = :running, succeeded = :succeeded, failed = :failed,
    cancelled = :cancelled, bytes = :bytes`,
  /** Another value than before says that another connection has written. */
  dataVersion: 'PRAGMA data_version',

  findId: 'SELECT id FROM jobs WHERE id = ?',
  findKey: 'SELECT id FROM jobs WHERE unique_key = ?',
  insertJob: `INSERT INTO jobs (id, unique_key, function, state, due, run_at, enqueued_at, attempt, size)
    VALUES (:id, :uniqueKey, :function, 'waiting', :runAt, :runAt, :now, 0, :size) ON CONFLICT DO NOTHING`,
  /** The SQLite of Node.js 22.13 takes empty bytes for none. */
  insertCall: 'INSERT INTO calls (sequence, call, body) VALUES (:sequence, :call, iif(:isEmpty, zeroblob(0), :body))',

  firstDue: `SELECT (SELECT min(due) FROM ${WAITING}) AS waiting, (SELECT min(due) FROM ${RUNNING}) AS running`,
  firstDueExcept: `${WANTED} SELECT
    (SELECT min((SELECT min(due) FROM ${WAITING_BY_FUNCTION} AND function = name)) FROM wanted) AS waiting,
    (SELECT min(due) FROM ${RUNNING}) AS running`,
  takeable: `SELECT ${RECORD} FROM jobs INDEXED BY waiting_by_due CROSS JOIN calls USING (sequence)
    WHERE state = 'waiting' AND due <= :now ORDER BY due, jobs.sequence LIMIT :limit`,
  // The first jobs of all belong to the functions whose own first job comes first.
  takeableExcept: `${WANTED}, ahead (name) AS (
      SELECT name FROM wanted CROSS JOIN jobs ON sequence = (
        SELECT sequence FROM ${WAITING_BY_FUNCTION} AND function = name AND due <= :now ORDER BY due, sequence LIMIT 1
      ) ORDER BY due, sequence LIMIT :limit
    ), first (sequence) AS (
      SELECT sequence FROM ahead CROSS JOIN jobs ON sequence IN (
        SELECT sequence FROM ${WAITING_BY_FUNCTION} AND function = name AND due <= :now ORDER BY due, sequence LIMIT :limit
      ) ORDER BY due, sequence LIMIT :limit
    )
    SELECT ${RECORD} FROM jobs JOIN calls USING (sequence) WHERE jobs.sequence IN first ORDER BY due, jobs.sequence`,
  take: "UPDATE jobs SET state = 'running', attempt = attempt + 1, due = ?, lease = ? WHERE sequence = ?",
  recover: "UPDATE jobs INDEXED BY running_by_due SET state = 'waiting', due = run_at, lease = NULL WHERE state = 'running' AND due <= ?",
  /** What was to run at once and now lies in the future, as the clock was set back. */
  hurry: "UPDATE jobs INDEXED BY waiting_by_due SET due = :now, run_at = :now WHERE state = 'waiting' AND due > :now AND run_at = enqueued_at",

  extend: 'UPDATE jobs SET due = ? WHERE id = ? AND lease = ?',
  finish: `UPDATE jobs SET state = ?, due = NULL, lease = NULL, finished_at = ?, error = coalesce(?, error)
    WHERE id = ? AND lease = ? RETURNING size`,
  postpone: "UPDATE jobs SET state = 'waiting', due = :runAt, run_at = :runAt, lease = NULL, error = :error WHERE id = :id AND lease = :lease",
  release: "UPDATE jobs SET state = 'waiting', due = run_at, lease = NULL, attempt = attempt - 1 WHERE id = ? AND lease = ?",
  cancel: "UPDATE jobs SET state = 'cancelled', due = NULL, finished_at = ? WHERE id = ? AND state = 'waiting' RETURNING size",
  findState: 'SELECT state, size FROM jobs WHERE id = ?',
  revive: "UPDATE jobs SET state = 'waiting', due = :now, run_at = :now, finished_at = NULL, attempt = 0 WHERE id = :id",

  forgetOldest: `DELETE FROM jobs WHERE sequence IN (
      SELECT sequence FROM jobs WHERE state = :state AND finished_at IS NOT NULL ORDER BY finished_at, sequence LIMIT :limit
    )`,
  forgetBefore: `DELETE FROM jobs WHERE sequence IN (
      SELECT sequence FROM jobs WHERE state = :state AND finished_at < :before ORDER BY finished_at, sequence LIMIT :limit
    )`
}

export type Statements = Readonly<Record<keyof typeof sources, StatementSync>>

/** Compiles the statement that lists jobs, newest first, of which all the columns named are equal to a value. */
export function prepareList (database: DatabaseSync, columns: readonly string[]): StatementSync {
  const conditions = columns.map((column) => `${column} = :${column}`).join(' AND ')
  const page = `SELECT sequence FROM jobs ${conditions && `WHERE ${conditions}`} ORDER BY sequence DESC LIMIT :limit OFFSET :offset`
  return database.prepare(`SELECT ${RECORD} FROM jobs JOIN calls USING (sequence) WHERE jobs.sequence IN (${page}) ORDER BY jobs.sequence DESC`)
}

/** Compiles every statement of a queue once. */
export function prepareStatements (database: DatabaseSync): Statements {
  const prepared = Object.entries(sources).map(([name, source]) => [name, database.prepare(source)])
  // fromEntries forgets the names of the keys.
  return Object.fromEntries(prepared) as Statements
}
