import { OUTPUT_LEVELS, type OutputLevel } from '../functions/output.ts'
import type { LogEntry, LogFilter } from '../logs/history.ts'
import { duration } from './figures.ts'

/** One line of the live log, as it is drawn and as it is sent. */
export interface LogLine {
  readonly id: number
  readonly time: number
  readonly function: string
  readonly level: OutputLevel | 'invocation'
  readonly text: string
  readonly requestId: string | undefined
}

/** Characters of one line that a browser gets. */
const LONGEST = 10_000
const LONGEST_FILTER = 200

export function toLine (entry: LogEntry): LogLine {
  const { id, time } = entry
  if (entry.type === 'output') {
    const { function: name, level, text, requestId } = entry
    return { id, time, function: name, level, text: cut(text), requestId }
  }
  const { record } = entry
  const { function: name, outcome, requestId, method, path, status, error, trigger, job } = record
  const what = trigger === 'http' ? `${method} ${path}` : job === undefined ? trigger : `${trigger}, job ${job.id}, attempt ${job.attempt}`
  const reason = outcome === 'failed' ? `: ${messageOf(error)}` : ''
  return {
    id,
    time,
    function: name,
    level: outcome === 'failed' ? 'error' : 'invocation',
    text: cut(`${what}: ${status === undefined ? '' : `${status} `}${outcome} in ${duration(record.duration)}${reason}`),
    requestId
  }
}

/** Reads which lines somebody wants to see; what makes no sense is left out. */
export function readLogFilter ({ function: name, level, text, request }: Readonly<Record<string, string>>): LogFilter {
  const known = OUTPUT_LEVELS.find((each) => each === level)
  return {
    ...name !== undefined && name !== '' && { function: name },
    ...known !== undefined && { level: known },
    ...text !== undefined && text !== '' && { text: text.slice(0, LONGEST_FILTER) },
    ...request !== undefined && request !== '' && { requestId: request.slice(0, LONGEST_FILTER) }
  }
}

/** In history, an error is a copy that has a message. */
export function messageOf (error: unknown): string {
  return (error as { message?: string } | undefined)?.message ?? ''
}

function cut (text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)} … (${text.length - LONGEST} more characters)`
}
