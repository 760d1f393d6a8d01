import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Job, JobState, QueueDriver } from '../index.ts'
import { failure, usage } from './failure.ts'
import { defaultQueueFile, openQueue, openSqlite } from './queue.ts'
import { findSite } from './site.ts'
import { drawTable, type Column } from './table.ts'
import { plural, toLine, toSingleLines } from './text.ts'
import type { Terminal } from './terminal.ts'

export interface JobsFlags {
  readonly directory?: string
  readonly queue?: string
  readonly json?: boolean
}

export interface JobListFlags extends JobsFlags {
  readonly state?: JobState
  readonly function?: string
  readonly limit?: number
}

export const STATES: readonly JobState[] = ['waiting', 'running', 'succeeded', 'failed', 'cancelled']

const COLUMNS: ReadonlyArray<Column<Job>> = [
  { title: 'JOB', text: ({ id }) => id },
  { title: 'FUNCTION', text: (job) => job.function, style: 'cyan' },
  { title: 'STATE', text: ({ state }) => state },
  { title: 'TRY', text: ({ attempt }) => String(attempt) },
  { title: 'QUEUED', text: ({ enqueuedAt }) => new Date(enqueuedAt).toISOString() },
  { title: 'ERROR', text: ({ error }) => error?.split('\n', 1)[0] ?? '', style: 'red' }
]
const SECRET = /^(authorization|proxy-authorization|cookie|x-api-key)$/i

export async function listJobs (flags: JobListFlags, terminal: Terminal): Promise<number> {
  const { state, function: name, limit = 100 } = flags
  return await withQueue(flags, async (driver) => {
    const jobs = await driver.list({ limit, ...state && { state }, ...name !== undefined && { function: name } })
    if (flags.json) return write(JSON.stringify(jobs.map(toPlain), null, 2))
    write(jobs.length === 0 ? 'There are no such jobs' : drawTable(jobs, COLUMNS, terminal).trimEnd())
    if (jobs.length === limit) write(`The newest ${plural(limit, 'job')} are shown; --limit shows more`)
  })
}

export async function showJob (id: string, flags: JobsFlags): Promise<number> {
  return await withQueue(flags, async (driver) => {
    const plain = toPlain(await find(driver, id))
    write(flags.json ? JSON.stringify(plain, null, 2) : Object.entries(plain).map(([key, value]) => `${key}: ${toText(value)}`).join('\n'))
  })
}

export async function changeJob (id: string, change: 'retry' | 'cancel', flags: JobsFlags): Promise<number> {
  return await withQueue(flags, async (driver) => {
    if (!await driver.change(id, change)) throw failure(`job ${id} cannot ${change} while it is ${(await find(driver, id)).state}`)
    write(change === 'retry' ? `Job ${id} waits again` : `Job ${id} is cancelled`)
  })
}

export async function countJobs (flags: JobsFlags): Promise<number> {
  return await withQueue(flags, async (driver) => {
    const counts = await driver.stats()
    write(flags.json ? JSON.stringify(counts) : STATES.map((state) => `${state} ${counts[state]}`).join('\n'))
  })
}

/** Nothing is claimed, so a server on the same queue is not disturbed. */
async function withQueue (flags: JobsFlags, use: (driver: QueueDriver) => Promise<void>): Promise<number> {
  if (flags.queue === 'memory') throw usage('a queue in memory can be seen only by its server; use the dashboard')
  const driver = await openQueue(flags.queue) ?? await openFile(flags)
  try {
    await use(driver)
    return 0
  } finally {
    await driver.close()
  }
}

async function openFile ({ directory }: JobsFlags): Promise<QueueDriver> {
  const file = resolve(defaultQueueFile(findSite(directory)))
  if (!existsSync(file)) throw failure(`there is no queue yet in ${toLine(file)}; a server makes it for a site with background or scheduled functions. Name another one by --queue`)
  return await openSqlite(file)
}

async function find (driver: QueueDriver, id: string): Promise<Job> {
  const [job] = await driver.list({ id })
  if (job === undefined) throw failure(`there is no job "${toLine(id)}"`)
  return job
}

function toPlain ({ request: { method, url, headers, body }, sealedHeaders: _, ...job }: Job): Readonly<Record<string, unknown>> {
  const { enqueuedAt, runAt, finishedAt, ...others } = job
  return {
    ...others,
    enqueuedAt: new Date(enqueuedAt),
    runAt: new Date(runAt),
    finishedAt: finishedAt === undefined ? undefined : new Date(finishedAt),
    method,
    url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, SECRET.test(name) ? '(hidden)' : value])),
    body: body === null ? undefined : new TextDecoder().decode(body)
  }
}

function toText (value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return toSingleLines(typeof value === 'string' ? value : JSON.stringify(value) ?? '-')
}

function write (text: string): void {
  process.stdout.write(`${text}\n`)
}
