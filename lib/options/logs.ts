import { resolve } from 'node:path'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import type { LogFileSettings } from '../logs/file.ts'
import type { LogSettings } from '../logs/site-logs.ts'
import { isBoolean, isHeaderName, isNatural, isNumberOfThings, isRecord, isText } from './kinds.ts'

/** What is logged, and what is kept of it. See docs/logs.md. */
export interface LogOptions {
  /**
   * Whether each invocation has a line, at level `info`, in the app's log.
   * @default true
   */
  invocations?: boolean
  /**
   * Invocations of each function that are kept in memory, beside twice as many of the texts that it prints, for
   * `app.netlifyFunctions.logs` and the dashboard. 0 keeps none.
   * @default 50
   */
  history?: number
  /**
   * Names of request headers that the line of an invocation has.
   * @default []
   */
  headers?: readonly string[]
  /**
   * Names of headers whose values that line never shows, besides authorization, cookie, set-cookie, proxy-authorization,
   * x-api-key and `background.secretHeaders`.
   * @default []
   */
  redact?: readonly string[]
  /**
   * A file, relative to the root, that invocations and printed texts are written to as well, one JSON line each. Needs the
   * package `pino-roll`.
   * @default none
   */
  file?: string | LogFileOptions
}

/** A file of the log, and when the next one is begun. */
export interface LogFileOptions {
  /** The number of the file is added before the ending: `logs/functions.log` becomes `logs/functions.1.log`. */
  path: string
  /**
   * Bytes after which the next file is begun, also as text with a unit, such as `'500k'` or `'1g'`.
   * @default '10m'
   */
  size?: number | string
  /**
   * When the next file is begun besides: by the clock, or after so many milliseconds.
   * @default none
   */
  frequency?: 'daily' | 'hourly' | number
  /**
   * Files that are kept beside the one that is written.
   * @default 5
   */
  keep?: number
}

/** Every default of the option `logs`. */
export const defaultLogs: LogSettings = Object.freeze({
  invocations: true,
  history: 50,
  headers: Object.freeze([]),
  redact: Object.freeze(['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-api-key']),
  file: undefined
})

/** Every default of the option `logs.file` but its path. */
export const defaultLogFile: Omit<LogFileSettings, 'path'> = Object.freeze({ size: 10 * 1024 * 1024, frequency: undefined, keep: 5 })

const KEYS = ['invocations', 'history', 'headers', 'redact', 'file']
const FILE_KEYS = ['path', 'size', 'frequency', 'keep']
const SIZE = /^(\d+)([kmg])$/
const UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/**
 * @param secretHeaders those of the background queue, which are not shown either
 * @throws FST_NETLIFY_INVALID_OPTION
 */
export function resolveLogs (option: unknown, root: string, secretHeaders: readonly string[]): LogSettings | false {
  if (option === false) return false
  if (option !== undefined && !isRecord(option)) throw invalid('', 'must be false, or an object such as { history: 1000 }')
  const given: Readonly<Record<string, unknown>> = option ?? {}
  const unknown = Object.keys(given).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) throw invalid(`.${unknown}`, `is not known; the keys are ${KEYS.join(', ')}`)
  const { invocations = defaultLogs.invocations, history = defaultLogs.history, headers = [], redact = [], file } = given
  if (!isBoolean(invocations)) throw invalid('.invocations', 'must be true or false')
  if (!isNatural(history)) throw invalid('.history', 'must be a whole number of entries of each function; 0 keeps none')
  return Object.freeze({
    invocations,
    history: history as number,
    headers: namesOf('.headers', headers),
    redact: Object.freeze([...new Set([...defaultLogs.redact, ...secretHeaders, ...namesOf('.redact', redact)])]),
    file: file === undefined ? undefined : fileOf(file, root)
  })
}

function namesOf (key: string, names: unknown): readonly string[] {
  if (Array.isArray(names) && names.every((name) => isHeaderName(name))) {
    return Object.freeze(names.map((name: string) => name.toLowerCase()))
  }
  throw invalid(key, 'must be a list of names of headers, for instance [\'user-agent\']')
}

function fileOf (file: unknown, root: string): LogFileSettings {
  const given: Readonly<Record<string, unknown>> | undefined = typeof file === 'string' ? { path: file } : isRecord(file) ? file : undefined
  if (given === undefined) throw invalid('.file', 'must be a path, or { path, size?, frequency?, keep? }')
  const unknown = Object.keys(given).find((key) => !FILE_KEYS.includes(key))
  if (unknown !== undefined) throw invalid(`.file.${unknown}`, `is not known; the keys are ${FILE_KEYS.join(', ')}`)
  const { path, size = defaultLogFile.size, frequency, keep = defaultLogFile.keep } = given
  if (!isText(path) || /[\\/]$/.test(path)) throw invalid('.file.path', 'must be the path of a file')
  if (frequency !== undefined && frequency !== 'daily' && frequency !== 'hourly' && !isNumberOfThings(frequency)) {
    throw invalid('.file.frequency', 'must be \'daily\', \'hourly\', or a whole number of milliseconds')
  }
  if (!isNumberOfThings(keep)) throw invalid('.file.keep', 'must be a whole number of files, at least 1')
  return Object.freeze({ path: resolve(root, path), size: sizeOf(size), frequency: frequency as LogFileSettings['frequency'], keep: keep as number })
}

function sizeOf (size: unknown): number {
  if (isNumberOfThings(size)) return size as number
  const [, digits, unit] = (isText(size) && SIZE.exec(size.toLowerCase())) || []
  const bytes = Number(digits) * (UNITS[unit ?? ''] ?? 0)
  if (bytes > 0) return bytes
  throw invalid('.file.size', 'must be a whole number of bytes, or text such as \'10m\' with k, m or g for the unit')
}

function invalid (key: string, rule: string): Error {
  return new FST_NETLIFY_INVALID_OPTION(`logs${key}`, rule)
}
