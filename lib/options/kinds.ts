import type { VerifyToken } from '../invoke/caller.ts'
import type { GeoOption } from '../invoke/geo.ts'
import type { BlobsStorage } from '../options.ts'
import type { QueueDriver } from '../queue/driver.ts'

/** What a queue driver must have. */
export const QUEUE_METHODS: ReadonlyArray<keyof QueueDriver> = ['enqueue', 'claim', 'extend', 'settle', 'change', 'list', 'stats', 'close']

// RFC 9110, 5.6.2
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

export function isText (value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isHeaderName (value: unknown): value is string {
  return isText(value) && HEADER_NAME.test(value)
}

export function isBoolean (value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isNumber (value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value)
}

export function isNatural (value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0
}

export function isCount (value: unknown): boolean {
  return value === Infinity || (isNatural(value) && value !== 0)
}

export function isNumberOfThings (value: unknown): boolean {
  return isNatural(value) && value !== 0
}

export function isLimit (value: unknown): boolean {
  return isNumber(value) && value > 0
}

export function isRecord (value: unknown): value is Record<string, never> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isEnv (value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((entry) => typeof entry === 'string')
}

export function isEnvFile (value: unknown): value is boolean | string | readonly string[] {
  return isBoolean(value) || [value].flat().every(isText)
}

export function isGeo (value: unknown): value is GeoOption {
  return value === 'mock' || typeof value === 'function' || (isRecord(value) && isText(value.mock))
}

export function isBlobs (value: unknown): value is BlobsStorage {
  return isRecord(value) && isText(value.directory) && Object.keys(value).length === 1
}

export function isVerifyToken (value: unknown): value is VerifyToken {
  return typeof value === 'function'
}

export function isQueue (value: unknown): value is QueueDriver {
  return isRecord(value) && QUEUE_METHODS.every((method) => typeof value[method] === 'function')
}
