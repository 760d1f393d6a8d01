import { isDeepStrictEqual } from 'node:util'
import type { RedirectRequest, Verdict } from './verdict.ts'

interface Comparison {
  /** Of `_redirects`. */
  readonly lines: readonly string[]
  readonly request: RedirectRequest
  readonly oracle: Verdict
  readonly ours: Verdict
}

/** A difference that is meant, and the paragraph of docs/compatibility.md that defends it. */
interface KnownDifference {
  readonly anchor: string
  readonly example: readonly [line: string, target: string]
  readonly covers: (comparison: Comparison) => boolean
}

const ENCODED_FROM = /^\S*%|^http\S*é/
const ENCODED_VALUE = /%(?:2f|3f|26)|[&+]/i
const QUERY_VALUE = /[?&](?:id|q)=(?:a%20b|a\+b|\.\.|%2e)/

export const knownRedirectDifferences: readonly KnownDifference[] = [
  {
    anchor: 'redirect-role',
    example: ['/a /b 200 Role=admin\n/a /c 302', '/a'],
    covers: ({ lines, oracle, ours }) => lines.some((line) => line.includes('Role=')) && isDeepStrictEqual({ ...oracle, force: true }, ours)
  },
  {
    anchor: 'redirect-loop',
    example: ['/a/ /a', '/a/'],
    covers: ({ request, oracle }) => oracle.kind === 'redirect' && isSamePlace(oracle.target!, request.origin + pathOf(request))
  },
  {
    anchor: 'redirect-encoded-rules',
    example: ['/caf%C3%A9 /b', '/caf%C3%A9'],
    covers: ({ lines, request }) => lines.some((line) => ENCODED_FROM.test(line)) && /%20|%C3|é/.test(request.target)
  },
  {
    anchor: 'redirect-encoded-values',
    example: ['/a/:x /b?x=:x', '/a/1&y=2'],
    covers: ({ request }) => ENCODED_VALUE.test(pathOf(request))
  },
  {
    anchor: 'redirect-query-values',
    example: ['/a id=:id /b/:id', '/a?id=a%20b'],
    covers: ({ lines, request }) => QUERY_VALUE.test(request.target) && lines.some((line) => /=:/.test(line))
  },
  {
    anchor: 'redirect-double-slash',
    example: ['/a/:x /b/:x', '/a//b'],
    covers: ({ request }) => pathOf(request).includes('//')
  },
  {
    anchor: 'redirect-names',
    example: ['/:y/:year /:year', '/1/2'],
    covers: ({ lines }) => lines.some(hasNamesThatBeginAlike)
  },
  {
    anchor: 'redirect-host',
    example: ['/* /:splat/evil.example 302', '/'],
    covers: ({ lines, request, oracle, ours }) => lines.some((line) => line.includes(' /:splat')) && (oracle.kind === 'denied' || ours.target?.startsWith(new URL(request.origin).origin) === true)
  },
  {
    anchor: 'redirect-language',
    example: ['/a /b 302 Language=de', '/a'],
    covers: ({ lines, request }) => lines.some((line) => line.includes('Language=')) && request.language?.includes('q=0.5, ') === true
  },
  {
    anchor: 'redirect-own-place',
    example: ['/* /de/:splat 302', '/default'],
    covers: ({ lines, request, oracle }) => oracle.kind === 'none' && lines.some((line) => leadsToPrefixOf(line, request))
  }
]

function pathOf ({ target }: RedirectRequest): string {
  return target.split('?', 1)[0]!
}

function isSamePlace (a: string, b: string): boolean {
  const [first, second] = [new URL(a), new URL(b)].map(({ host, pathname }) => host + pathname.replace(/\/$/, ''))
  return first === second
}

function hasNamesThatBeginAlike (line: string): boolean {
  const names = Array.from(line.matchAll(/:(\w+)/g), ([, name]) => name!)
  return names.some((name) => names.some((other) => other !== name && other.startsWith(name)))
}

/** The oracle compares text where a segment counts here. */
function leadsToPrefixOf (line: string, request: RedirectRequest): boolean {
  const [from = '', ...rest] = line.split(' ')
  const to = rest.find((part) => part.startsWith('/'))?.replace(/\/:splat(?:\/.+)?$/, '')
  return from.includes('*') && to !== undefined && to !== '' && decodeURIComponent(pathOf(request)).startsWith(to)
}
