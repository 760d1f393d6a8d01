import type { FastifyBaseLogger } from 'fastify'
import type { Print } from '../invoke/globals.ts'
import type { Observers } from '../invoke/observers.ts'
import { detach, keepableRecord, type LogEntry } from './entry.ts'
import { openLogFile, type LogFile, type LogFileSettings } from './file.ts'
import { createHistory, type History, type Logs } from './history.ts'
import { isAbsent } from './host-log.ts'
import { createInvocationLines } from './invocation-lines.ts'

export interface LogSettings {
  /** Whether each invocation has a line. */
  readonly invocations: boolean
  /** Entries that are kept of each function and type. */
  readonly history: number
  /** Names of request headers, in lower case: those that a line has, and those whose values it never shows. */
  readonly headers: readonly string[]
  readonly redact: readonly string[]
  readonly file: LogFileSettings | undefined
}

export interface SiteLogsOptions {
  /** `false` logs and keeps nothing but what a function logs itself. */
  readonly settings: LogSettings | false
  readonly observers: Observers
  readonly log: FastifyBaseLogger
}

/** What becomes of what the functions of a site do and print. */
export interface SiteLogs extends Logs {
  readonly print: Print
  /** Forgets functions that are not among these. */
  readonly keep: History['keep']
  close (): Promise<void>
}

const OFF: LogSettings = { invocations: false, history: 0, headers: [], redact: [], file: undefined }

/** @throws FST_NETLIFY_MISSING_PACKAGE, FST_NETLIFY_INVALID_OPTION if the file cannot be written */
export async function createSiteLogs ({ settings: given, observers, log }: SiteLogsOptions): Promise<SiteLogs> {
  const settings = given || OFF
  const history = createHistory(settings.history)
  const file: LogFile | undefined = settings.file && await openLogFile(settings.file, log)
  const isAlwaysOn = settings.history > 0 || file !== undefined
  // Replaced, never changed: one that leaves while the others are told disturbs nobody.
  let listeners: ReadonlyArray<(entry: LogEntry) => void> = []
  let lastId = 0
  let stopObserving: (() => void) | undefined

  if (settings.invocations && !isAbsent(log) && log.level !== 'silent') observers.add(createInvocationLines(settings))
  if (isAlwaysOn) observe()

  return {
    print ({ functionName, requestId, job, log }, level, text) {
      if (isAbsent(log)) console[level](text)
      else log[level]({ function: functionName, requestId }, text)
      if (isAlwaysOn || listeners.length > 0) add({ id: ++lastId, type: 'output', time: Date.now(), function: functionName, requestId, jobId: job?.id, level, text: detach(text) })
    },
    list: history.list,
    subscribe (given) {
      // One that subscribes twice is told twice.
      const listener = (entry: LogEntry): void => given(entry)
      listeners = [...listeners, listener]
      observe()
      return () => {
        listeners = listeners.filter((other) => other !== listener)
        if (!isAlwaysOn && listeners.length === 0) stopObserving = stopObserving?.() as undefined
      }
    },
    keep: history.keep,
    close: async () => await file?.close()
  }

  function observe (): void {
    stopObserving ??= observers.add({
      ended: (record) => add({ id: ++lastId, type: 'invocation', time: record.startedAt + record.duration, record: keepableRecord(record) })
    })
  }

  function add (entry: LogEntry): void {
    history.add(entry)
    file?.write(entry)
    for (const listener of listeners) tell(listener, entry)
  }

  function tell (listener: (entry: LogEntry) => void, entry: LogEntry): void {
    try {
      listener(entry)
    } catch (error) {
      log.error({ err: error }, 'a listener of app.netlifyFunctions.logs threw')
    }
  }
}
