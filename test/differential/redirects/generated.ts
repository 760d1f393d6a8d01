import fc from 'fast-check'
import type { RedirectRequest } from './verdict.ts'

const SITE = 'http://site.example'
const FIXED = ['a', 'b', 'news', 'page.html', 'A', 'é', 'x-1', '~c', 'a+b', 'a%20b']
const NAMES = ['x', 'y', 'xy', 'year']
const QUERIES = ['id=:id', 'id=5', 'q=:x', 'id=:id q=:q', 'q=']
const STATUSES = ['', '200', '200!', '301', '301!', '302', '303', '307', '308', '404', '404!', '410']
const CONDITIONS = ['Country=de', 'Country=de,AT', 'Language=de', 'Language=fr,DE', 'Cookie=sess', 'Cookie=sess,other', 'Role=admin', 'Role=admin,editor', 'Country=de Language=de', 'Country=de Role=admin']

const oneOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const weighted = <T>(...choices: Array<[weight: number, arbitrary: fc.Arbitrary<T>]>): fc.Arbitrary<T> => fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))

const name = oneOf(NAMES).map((text) => `:${text}`)
const fromSegment = weighted([4, oneOf(FIXED)], [3, name])
const fromPath = fc.tuple(fc.array(fromSegment, { maxLength: 3 }), weighted([4, fc.constant('')], [3, fc.constant('/*')], [1, fc.constant('/')], [1, fc.constant('/*/a')], [1, fc.constant('*')]))
  .map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 ? end.replace(/^\//, '') : end}`)
const from = weighted([9, fromPath], [1, fromPath.map((path) => `http://site.example${path}`)], [1, fromPath.map((path) => `https://other.example${path}`)])

const toSegment = weighted([3, oneOf(FIXED)], [3, name], [2, fc.constant(':splat')], [1, oneOf([':id', ':x.html', 'p:x', ':x:y'])])
const toPath = fc.tuple(fc.array(toSegment, { maxLength: 3 }), weighted([6, fc.constant('')], [2, oneOf(['?q=:x', '?id=:id&s=:splat', '?fixed=1', '#top'])], [1, fc.constant('/')]))
  .map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 && end === '/' ? '' : end}`)
const to = weighted([8, toPath], [2, toPath.map((path) => `https://target.example${path}`)], [1, toPath.map((path) => `https://target.example:8080${path}`)])

const rule = fc.tuple(from, weighted([5, fc.constant('')], [2, oneOf(QUERIES)]), to, oneOf(STATUSES), weighted([3, fc.constant('')], [2, oneOf(CONDITIONS)]))
  .map(([path, query, target, status, conditions]) => [path, query, target, conditions === '' ? status : `${status || 302} ${conditions}`].filter((part) => part !== '').join(' '))

/** The lines of a file. */
export const rules: fc.Arbitrary<string[]> = fc.array(rule, { minLength: 1, maxLength: 8 })

const value = oneOf(['1', '5', 'a%20b', '%C3%A9', 'a+b', 'a%26b', '', 'x/y', '..', '%2e'])
const query = weighted([3, fc.constant('')], [3, fc.array(fc.tuple(oneOf(['id', 'q', 'z']), value).map((pair) => pair.join('=')), { minLength: 1, maxLength: 3 }).map((pairs) => `?${pairs.join('&')}`)], [1, oneOf(['?', '?id', '?ID=5'])])
const requestSegment = weighted([8, oneOf(FIXED)], [2, oneOf(['1', '2004', 'c', '%C3%A9', '%41', '%2F', '%3F', 'a%26b', 'a&b=c', '.x', '*', ':x', 'newsletter', 'bb'])], [1, fc.constant('')])
const requestPath = fc.tuple(fc.array(requestSegment, { maxLength: 4 }), oneOf(['', '', '/'])).map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 ? '' : end}`)

/** A request that has a good chance to be one that a rule is for. */
export const request: fc.Arbitrary<RedirectRequest> = fc.record({
  origin: weighted([6, fc.constant(SITE)], [1, oneOf(['https://site.example', 'https://other.example', 'https://OTHER.example:8443'])]),
  target: fc.tuple(requestPath, query).map((parts) => parts.join('')),
  language: oneOf([undefined, 'de', 'DE-at, en;q=0.5', 'fr;q=0.5, de', 'en, de', '*', 'x']),
  cookies: fc.subarray(['sess=1', 'other=', 'nf_country=at', 'nf_lang=de', 'nf_lang=fr']),
  country: oneOf(['de', 'us', 'AT']),
  roles: oneOf([undefined, [], ['admin'], ['x', 'editor']])
})
