import type { FunctionResponse } from '../functions/exchange.ts'
import { headerName } from './header-name.ts'

export type HeaderPairs = FunctionResponse['headers']

const NOT_PRINTABLE = /[^\x20-\x7e]/
const SPACE = 0x20

const NONE: HeaderPairs = []

/** Pairs of nothing but a content type, which most responses have; made once for each. */
const onlyType = new Map<string, HeaderPairs>()

/**
 * Lists `init.headers` as it was given, if native `Headers` take all of it as it is. `undefined` where they convert more
 * than names, or throw.
 *
 * @param defaultType what the body brings as its content type
 */
export function headerPairs (given: unknown, defaultType: string | undefined): HeaderPairs | undefined {
  if (given === undefined) return defaultType === undefined ? NONE : typeAlone(defaultType)
  if (typeof given !== 'object' || given === null) return undefined
  const pairs: Array<[name: string, value: string]> = []
  const prototype: unknown = Object.getPrototypeOf(given)

  if (prototype === Object.prototype || prototype === null) {
    if (Symbol.iterator in given) return undefined
    const record = given as Readonly<Record<string, unknown>>
    for (const name of Object.keys(record)) {
      if (!add(pairs, name, record[name])) return undefined
    }
  } else if (prototype === Array.prototype) {
    for (const entry of given as readonly unknown[]) {
      if (!Array.isArray(entry) || entry.length !== 2 || !add(pairs, entry[0], entry[1])) return undefined
    }
  } else {
    return undefined
  }

  if (defaultType !== undefined && !pairs.some(([name]) => headerName(name) === 'content-type')) pairs.push(['content-type', defaultType])
  return pairs
}

/** Lists the pairs as native `Headers` list themselves: sorted, in lower case, with equal names combined. */
export function listedPairs (given: HeaderPairs): HeaderPairs {
  if (given.length < 2 && (given[0] === undefined || headerName(given[0][0]) === given[0][0])) return given
  const pairs: Array<[name: string, value: string]> = []
  for (const [givenName, value] of given) {
    const name = headerName(givenName)!
    let index = pairs.length
    while (index > 0 && pairs[index - 1]![0] > name) index--
    const before = pairs[index - 1]
    if (before?.[0] === name && name !== 'set-cookie') before[1] += `${name === 'cookie' ? ';' : ','} ${value}`
    else if (index === pairs.length) pairs.push([name, value])
    else pairs.splice(index, 0, [name, value])
  }
  return pairs
}

function typeAlone (type: string): HeaderPairs {
  let pairs = onlyType.get(type)
  if (pairs === undefined) {
    pairs = [['content-type', type]]
    onlyType.set(type, pairs)
  }
  return pairs
}

/** @returns `false` for a header that is not plain */
function add (pairs: Array<[name: string, value: string]>, name: unknown, value: unknown): boolean {
  if (typeof name !== 'string' || typeof value !== 'string' || !isPlain(value)) return false
  if (headerName(name) === undefined) return false
  pairs.push([name, value])
  return true
}

function isPlain (value: string): boolean {
  return !NOT_PRINTABLE.test(value) && value.charCodeAt(0) !== SPACE && value.charCodeAt(value.length - 1) !== SPACE
}
