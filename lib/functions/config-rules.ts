import { compilePattern } from './pattern.ts'

/** Makes the error for a value that breaks a rule; `part` says where inside the value. */
export type Fail = (rule: string, part?: string | number) => Error

/** Checks the value of one key and gives it in the form that is kept. The messages are Netlify's where it has one. */
export type Rule<Value> = (value: unknown, fail: Fail) => Value

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'DELETE', 'HEAD']
const MEMORY = /^(\d+(?:\.\d+)?)\s*(mb|gb)$/i
const MEGABYTES: Readonly<Record<string, number>> = { mb: 1, gb: 1024 }

export const flag: Rule<boolean> = (value, fail) => {
  if (typeof value !== 'boolean') throw fail('Must be true or false')
  return value
}

export const text: Rule<string> = (value, fail) => {
  if (typeof value !== 'string') throw fail('Must be a string')
  return value
}

export const texts: Rule<readonly string[]> = (value, fail) => {
  if (!isTexts(value)) throw fail('Must be an array of strings')
  return [...value]
}

export const patterns: Rule<readonly string[]> = (value, fail) => {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  for (const [index, pattern] of list.entries()) {
    const part = Array.isArray(value) ? index : undefined
    if (typeof pattern !== 'string') throw fail('Must be a string or array of strings')
    if (!pattern.startsWith('/')) throw fail('Must start with a \'/\'', part)
    try {
      compilePattern(pattern)
    } catch (error) {
      throw fail((error as Error).message, part)
    }
  }
  return [...new Set(list as string[])]
}

/** In upper case. */
export const methods: Rule<readonly string[]> = (value, fail) => {
  const list = [value].flat().map((method) => typeof method === 'string' ? method.toUpperCase() : '')
  if (!list.every((method) => METHODS.includes(method))) throw fail(`Must be a string or array of strings out of ${METHODS.join(', ')}`)
  return [...new Set(list)]
}

/** Given in seconds, kept in milliseconds. */
export const seconds: Rule<number> = (value, fail) => {
  if (typeof value !== 'number' || !(value > 0)) throw fail('Must be a number of seconds greater than 0')
  return value * 1000
}

/** Megabytes. */
export const memory: Rule<number> = (value, fail) => {
  const [, amount, unit = ''] = typeof value === 'string' ? MEMORY.exec(value) ?? [] : []
  const megabytes = amount === undefined ? value : Number(amount) * MEGABYTES[unit.toLowerCase()]!
  if (typeof megabytes !== 'number' || !Number.isInteger(megabytes)) throw fail('Must be a whole number of megabytes, or a text such as "2gb" or "1024mb"')
  return between(1024, 4096)(megabytes, fail)
}

export function between (least: number, most: number): Rule<number> {
  return (value, fail) => {
    if (typeof value !== 'number' || Number.isNaN(value)) throw fail('Must be a number')
    if (value < least) throw fail(`Too small: expected number to be >=${least}`)
    if (value > most) throw fail(`Too big: expected number to be <=${most}`)
    return value
  }
}

export function oneOf<Option extends string> (...options: readonly Option[]): Rule<Option> {
  return (value, fail) => {
    const option = options.find((candidate) => candidate === value)
    if (option === undefined) throw fail(`Invalid option: expected one of ${options.map((candidate) => `"${candidate}"`).join('|')}`)
    return option
  }
}

/** The same in any case, kept in lower case. */
export function oneOfAnyCase (...options: readonly string[]): Rule<string> {
  const rule = oneOf(...options)
  return (value, fail) => rule(typeof value === 'string' ? value.toLowerCase() : value, fail)
}

function isTexts (value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}
