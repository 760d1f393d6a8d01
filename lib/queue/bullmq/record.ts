import type { JobJson, JobsOptions } from 'bullmq'
import type { Job, JobState, NewJob } from '../driver.ts'
import { FAR } from './store.ts'

const ID_PREFIX = 'job-'
const REASON_LENGTH = 200

/** PostgreSQL stores neither U+0000 nor lone surrogates; in their place stands this and four hexadecimal digits. */
const ESCAPE = '\u001A'
const TO_ESCAPE = new RegExp(`[\\0${ESCAPE}\\p{Surrogate}]`, 'gu')
const ESCAPED = new RegExp(`${ESCAPE}([0-9a-f]{4})`, 'g')

type Call = Pick<Job, 'id' | 'deployId' | 'requestId' | 'ip' | 'params' | 'enqueuedAt' | 'runAt'> & {
  readonly route?: string | undefined
  readonly sealedHeaders?: string | undefined
  readonly method: string
  readonly url: string
  readonly headers: Job['request']['headers']
  /** Base64. */
  readonly body: string | null
}

/** What BullMQ does not keep when a job begins anew; it lies in the job's progress. */
export interface Anew {
  /** Attempts before. */
  readonly spent: number
  readonly runAt: number
  /** Escaped. */
  readonly error?: string | undefined
}

/** BullMQ's id for a job: without a colon, and none of the names it gives to its own keys. */
export function toRecordId (id: string): string {
  return ID_PREFIX + encodeURIComponent(id.toWellFormed())
}

export function toJobId (recordId: string): string {
  return decodeURIComponent(recordId.slice(ID_PREFIX.length))
}

/** Makes what BullMQ stores of a new job. */
export function toRecord (job: NewJob, now: number, options: JobsOptions): JobJson {
  const { id, function: name, deployId, requestId, ip, params, route, sealedHeaders, request, runAt = now } = job
  const { method, url, headers, body } = request
  const call: Call = {
    ...{ id, deployId, requestId, ip, params, route, sealedHeaders, enqueuedAt: now, runAt, method, url, headers },
    body: body && Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64')
  }
  // A job of the past is delayed too, by 1 ms from before its time: delayed jobs are the ones that come oldest first.
  const timestamp = Math.min(now, runAt - (job.runAt === undefined ? 0 : 1))
  const delay = job.runAt === undefined ? 0 : runAt - timestamp
  // JSON within JSON: PostgreSQL's jsonb refuses U+0000 and lone surrogates, and within a string they are escaped twice.
  const data = JSON.stringify({ call: JSON.stringify(call) })
  return {
    ...{ id: toRecordId(id), name, data, timestamp, delay, opts: { ...options, ...delay > 0 && { delay } } },
    ...{ progress: 0, attemptsMade: 0, attemptsStarted: 0, stalledCounter: 0, failedReason: '', returnvalue: '' },
    ...options.deduplication && { deduplicationId: options.deduplication.id }
  }
}

export function toJob (record: JobJson, state: JobState): Job {
  const { call } = JSON.parse(record.data) as { call: string }
  const { method, url, headers, body, route, sealedHeaders, ...rest } = JSON.parse(call) as Call
  const anew = anewOf(record)
  const [error = anew?.error, retryAt] = stackOf(record)
  return {
    ...rest,
    route,
    sealedHeaders,
    function: record.name,
    request: { method, url, headers, body: body === null ? null : new Uint8Array(Buffer.from(body, 'base64')) },
    state,
    attempt: spentOn(record) - (anew?.spent ?? 0) + (state === 'running' ? 1 : 0),
    runAt: retryAt === undefined ? anew?.runAt ?? rest.runAt : Number(retryAt),
    finishedAt: isCancelled(record) ? Number(record.delay) - FAR : record.finishedOn,
    error: error?.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  }
}

/** Attempts that have ended, by BullMQ's own count: those that failed or succeeded, and those that stalled. */
export function spentOn ({ attemptsMade, stalledCounter }: JobJson): number {
  return Number(attemptsMade) + Number(stalledCounter)
}

export function isCancelled ({ delay }: JobJson): boolean {
  return Number(delay ?? 0) >= FAR
}

/** The fields of a failed attempt: BullMQ's reason and, as its stack, the whole error and when the next attempt begins. */
export function toFailure (error: string, retryAt?: number): { failedReason: string, stacktrace: string } {
  const text = error.replace(TO_ESCAPE, (character) => ESCAPE + character.charCodeAt(0).toString(16).padStart(4, '0'))
  const [line = ''] = text.split('\n', 1)
  const stack = retryAt === undefined ? [text] : [text, String(retryAt)]
  return { failedReason: line.slice(0, REASON_LENGTH).toWellFormed(), stacktrace: JSON.stringify(stack) }
}

/** What has to be kept of a job that begins anew. */
export function toAnew (record: JobJson, runAt: number): Anew {
  const [error = anewOf(record)?.error] = stackOf(record)
  return { spent: spentOn(record), runAt, ...error !== undefined && { error } }
}

function anewOf ({ progress }: JobJson): Anew | undefined {
  return typeof progress === 'object' ? progress as Anew : undefined
}

// A stack from before the job began anew says nothing of its next attempt.
function stackOf (record: JobJson): [error?: string, retryAt?: string] {
  const stack = JSON.parse(record.stacktrace ?? '[]') as [string?, string?]
  const isOld = spentOn(record) === anewOf(record)?.spent
  return isOld ? [stack[0]] as [string?] : stack
}
