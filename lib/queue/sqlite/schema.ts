import type { DatabaseSync } from 'node:sqlite'

/**
 * What each version of the file's layout adds to the one before. A migration that was released is never changed:
 * the number of those that a file has had is its `user_version`.
 */
const migrations: readonly string[] = [
  // A change of state rewrites its whole row, so calls and their bodies lie apart. The partial indexes hold the
  // jobs of one state only: what finished long ago costs a claim nothing.
  `
  CREATE TABLE jobs (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    unique_key TEXT,
    function TEXT NOT NULL,
    state TEXT NOT NULL,
    due REAL,
    run_at REAL NOT NULL,
    enqueued_at REAL NOT NULL,
    finished_at REAL,
    attempt INTEGER NOT NULL,
    lease TEXT,
    error TEXT,
    size INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX unique_keys ON jobs (unique_key) WHERE unique_key IS NOT NULL;
  CREATE INDEX waiting_by_due ON jobs (due, sequence) WHERE state = 'waiting';
  CREATE INDEX waiting_by_function ON jobs (function, due, sequence) WHERE state = 'waiting';
  CREATE INDEX running_by_due ON jobs (due) WHERE state = 'running';
  CREATE INDEX finished_by_time ON jobs (state, finished_at, sequence) WHERE finished_at IS NOT NULL;
  CREATE INDEX jobs_by_state ON jobs (state, sequence);
  CREATE INDEX jobs_by_function ON jobs (function, sequence);

  CREATE TABLE calls (
    sequence INTEGER PRIMARY KEY,
    call TEXT NOT NULL,
    body BLOB
  ) STRICT;
  CREATE TRIGGER forget_call AFTER DELETE ON jobs BEGIN DELETE FROM calls WHERE sequence = old.sequence; END;

  CREATE TABLE totals (
    waiting INTEGER NOT NULL,
    running INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  INSERT INTO totals VALUES (0, 0, 0, 0, 0, 0);
  `
]

/** The version that this code reads and writes. */
export const SCHEMA_VERSION: number = migrations.length

/** Brings a file from an older version to the newest; the caller holds the transaction. */
export function migrate (database: DatabaseSync, version: number, steps: readonly string[] = migrations): void {
  if (version === steps.length) return
  for (const step of steps.slice(version)) database.exec(step)
  database.exec(`PRAGMA user_version = ${steps.length}`)
}
