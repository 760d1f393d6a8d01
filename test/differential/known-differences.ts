import { isUtf8 } from 'node:buffer'
import type { Comparison, Difference } from './compare.ts'
import { targetOf, type Call } from './exchange.ts'

/** A difference that is meant, and the paragraph of docs/compatibility.md that defends it. */
export interface KnownDifference {
  readonly anchor: string
  readonly covers: (difference: Difference, comparison: Comparison) => boolean
}

const OUR_ERRORS = /"code":"FST_NETLIFY_(?:FUNCTION_FAILED|INVALID_RETURN_VALUE|INVALID_RESPONSE|INVALID_LAMBDA_RESULT)"/
const LATIN1_MESSAGE = 'Response header contains a character that is not a Latin-1 character'
const LEAKING = ['headers.x-nf-invocation-metadata', 'headers.x-nf-start-timestamp', 'headers.x-nf-fetch-timing']
const PLATFORM_HEADER = /^body\.request\.(?:headers\.(?:x-nf-|x-netlify-)|headerOrder$)/
const IDENTITY = 'body.globals.identity'
const HOP_BY_HOP = ['headers.te', 'headers.upgrade']

export const knownDifferences: readonly KnownDifference[] = [
  { anchor: 'leaking-headers', covers: ({ path, ours }) => path === 'headers.x-nf-request-id' || (LEAKING.includes(path) && ours === undefined) },
  { anchor: 'errors', covers: ({ path }, { call, ours }) => path === 'error' && ours.status === 500 && (call.method === 'HEAD' || OUR_ERRORS.test(ours.body.toString())) },
  { anchor: 'errors', covers: (_difference, { oracle, ours }) => [oracle, ours].every(({ status, body }) => status === 500 && body.includes(LATIN1_MESSAGE)) },
  { anchor: 'get-body', covers: ({ path }, { call, ours }) => path === 'error' && ['GET', 'HEAD'].includes(call.method ?? 'GET') && call.body !== undefined && ours.status === 200 },
  { anchor: 'request-bytes', covers: ({ path }, { call }) => path.startsWith('body.request.content') && call.body instanceof Uint8Array && !isUtf8(call.body) },
  { anchor: 'platform-headers', covers: ({ path, ours }, { call }) => call.headers?.some(([name]) => name.startsWith('x-n')) === true && (PLATFORM_HEADER.test(path) || (path === IDENTITY && ours === null)) },
  { anchor: 'cache-api', covers: ({ path, ours }) => path === 'body.globals.types.0' && ours === 'undefined' },
  { anchor: 'env', covers: ({ oracle, ours }, { call }) => call.title.endsWith('a variable that is set for process.env too') && oracle === '1' && ours === null },
  { anchor: 'stream-context', covers: ({ oracle, ours }, { call }) => call.title.endsWith('the context in a stream') && oracle === 'false' && ours === 'true' },
  { anchor: 'cookie-names', covers: ({ path }, { call }) => call.function === 'cookies' && path === 'body.5' && call.title.startsWith('reading the header') },

  { anchor: 'letter-case', covers: ({ path }, { call }) => path === 'body.context.members.params' && /[A-Z]/.test(pathOf(call)) },
  { anchor: 'trailing-slash', covers: ({ path }, { call }) => path === 'body.context.members.params' && pathOf(call).endsWith('/') },
  { anchor: 'before-us', covers: (_difference, { ours }) => ours.status === 400 && ours.body.includes('FST_ERR_BAD_URL') },

  { anchor: 'length', covers: ({ path, ours }, { oracle }) => path === 'headers.content-length.0' && ours === String(oracle.body.length) },
  { anchor: 'hop-by-hop', covers: ({ path, ours }) => HOP_BY_HOP.includes(path) && ours === undefined },

  lambda('lambda-raw-url', ({ path, oracle, ours }) => (path === 'body.event.rawUrl' && encoded(String(ours)) === oracle) || (path === 'body.event.rawQuery' && encoded(`http://h/?${ours}`) === `http://h/?${oracle}`)),
  lambda('lambda-query', ({ path, oracle, ours }) => path.startsWith('body.event.') && path.includes('ueryStringParameters') && (oracle === null || String(ours).includes(', '))),
  lambda('lambda-base64', ({ path }, { call }) => path === 'body.event.isBase64Encoded' && !call.body?.length),
  lambda('lambda-multi-headers', ({ path, oracle, ours }) => /^body\.event\.(?:multiValueHeaders|headers)\./.test(path) && bare(oracle) === bare(ours)),
  lambda('lambda-context', ({ path }) => path === 'body.context'),
  lambda('lambda-content-type', ({ path, ours }) => path === 'headers.content-type' && ours === undefined),
  lambda('lambda-same-header', ({ path }, { call }) => path === 'headers.x-a.0' && call.title.endsWith('of the same name')),
  lambda('lambda-result', (_difference, { ours }) => ours.status === 500 && ours.body.includes('FST_NETLIFY_INVALID_LAMBDA_RESULT'))
]

/** Between the Lambda form here and Netlify's own adapter for it. */
function lambda (anchor: string, covers: KnownDifference['covers']): KnownDifference {
  return { anchor, covers: (difference, comparison) => comparison.call.function === 'lambda' && covers(difference, comparison) }
}

/** As `new URL()` writes it. */
function encoded (url: string): string {
  return new URL(url).href
}

/** Without what the adapter splits at and trims. */
function bare (value: unknown): string {
  return String(value).replace(/[\s,]/g, '')
}

function pathOf (call: Call): string {
  return targetOf(call).split('?', 1)[0]!
}
