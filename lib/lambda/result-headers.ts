import { FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_INVALID_LAMBDA_RESULT } from '../errors.ts'
import type { FunctionResponse } from '../functions/exchange.ts'
import { describe } from '../functions/foreign-value.ts'

// RFC 9110 §5.1 and §5.5, with the bytes beyond ASCII that HTTP/1.1 parsers take for Latin-1.
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const BEYOND_LATIN1 = /[\u0100-\uffff]/

/**
 * Reads `headers`, then `multiValueHeaders`, which replace the same name in any case. Several values of one name
 * are joined, but for `set-cookie`. Throws FST_NETLIFY_INVALID_LAMBDA_RESULT or FST_NETLIFY_HEADER_NOT_LATIN1,
 * which name the header.
 */
export function resultHeaders (headers: unknown, multiValueHeaders: unknown): FunctionResponse['headers'] {
  const fields = new Map<string, string[]>()
  for (const [name, value] of entriesOf(headers, 'headers')) {
    fields.set(fieldName(name), [fieldValue(name, value)])
  }
  for (const [name, values] of entriesOf(multiValueHeaders, 'multiValueHeaders')) {
    fields.set(fieldName(name), fieldValues(name, values))
  }
  return Array.from(fields).flatMap(([name, values]) => headerLines(name, values))
}

function headerLines (name: string, values: string[]): Array<[name: string, value: string]> {
  if (name === 'set-cookie') return values.map((value) => [name, value])
  return values.length > 0 ? [[name, values.join(', ')]] : []
}

function entriesOf (headers: unknown, key: string): Array<[string, unknown]> {
  if (!headers) return []
  if (typeof headers !== 'object') {
    throw new FST_NETLIFY_INVALID_LAMBDA_RESULT(`Your function response must have an object as its ${key}. You gave: ${describe(headers)}`)
  }
  return Object.entries(headers)
}

function fieldName (name: string): string {
  if (!FIELD_NAME.test(name)) {
    throw new FST_NETLIFY_INVALID_LAMBDA_RESULT(`Your function response has a header whose name is not valid: ${describe(name)}`)
  }
  return name.toLowerCase()
}

function fieldValues (name: string, values: unknown): string[] {
  if (!Array.isArray(values)) return [fieldValue(name, values)]
  const texts: string[] = []
  // By index: a hole is a value that is missing, and no iterator of the user's decides when it ends.
  for (let index = 0; index < values.length; index++) texts.push(fieldValue(name, values[index]))
  return texts
}

function fieldValue (name: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new FST_NETLIFY_INVALID_LAMBDA_RESULT(`Your function response must have a string, a number or a boolean as its header "${name}" (a list belongs in multiValueHeaders). You gave: ${describe(value)}`)
  }
  const text = String(value)
  if (BEYOND_LATIN1.test(text)) {
    throw new FST_NETLIFY_HEADER_NOT_LATIN1(`header "${name}" is ${describe(text)}`)
  }
  if (!FIELD_VALUE.test(text)) {
    throw new FST_NETLIFY_INVALID_LAMBDA_RESULT(`Your function response has a control character in its header "${name}". You gave: ${describe(text)}`)
  }
  return text
}
