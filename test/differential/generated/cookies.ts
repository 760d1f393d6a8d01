import fc from 'fast-check'
import { cookieCall, type CookieStep } from '../cases/cookies.ts'
import type { Call } from '../exchange.ts'

const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom('a', 'b', '__Secure-a', '__Host-a', 'A-b_c.d~') }, fc.string({ maxLength: 3 }))
const value = fc.oneof({ weight: 5, arbitrary: fc.stringMatching(/^[A-Za-z0-9%=!#$&'()*+./:<>?@[\]^_`{|}~-]{0,8}$/) }, fc.string({ maxLength: 4, unit: 'binary' }))
const date = fc.date({ min: new Date('1900-01-01'), max: new Date('2999-01-01'), noInvalidDate: true }).map((moment) => ({ date: moment.getTime() }))

const attributes = fc.record({
  domain: fc.constantFrom('x.example', '.x.example', 'x', '-x', 'x.', ''),
  path: fc.oneof(fc.constantFrom('/', '', '/a b', '/a?b'), fc.string({ maxLength: 4 })),
  maxAge: fc.oneof(fc.nat(), fc.constantFrom(-1, 0.5, null, '5')),
  expires: fc.oneof(date, fc.nat(), fc.constantFrom(null, 0)),
  secure: fc.boolean(),
  httpOnly: fc.boolean(),
  sameSite: fc.constantFrom('Strict', 'Lax', 'None', ''),
  unparsed: fc.array(fc.constantFrom('Partitioned', 'Priority=High'), { maxLength: 2 })
}, { requiredKeys: [] })

const step: fc.Arbitrary<CookieStep> = fc.oneof(
  fc.tuple(fc.constant('get' as const), fc.constantFrom('a', 'b', 'c', '')),
  fc.tuple(fc.constant('set' as const), name, value),
  fc.tuple(fc.constant('set' as const), fc.tuple(name, value, attributes).map(([cookie, content, others]) => ({ name: cookie, value: content, ...others }))),
  fc.tuple(fc.constant('delete' as const), name),
  fc.tuple(fc.constant('delete' as const), fc.tuple(name, attributes).map(([cookie, { domain, path }]) => ({ name: cookie, ...(domain !== undefined && { domain }), ...(path !== undefined && { path }) })))
)

const header = fc.array(fc.constantFrom('a=1', 'b=2', 'a=3', 'c', ' b = 4 ', 'a="5"', '', '=6', 'a=b=c'), { maxLength: 4 }).map((parts) => parts.join(';'))

/** Any use of `context.cookies`, and any kind of response. */
export const cookieUse: fc.Arbitrary<Call> = fc.tuple(fc.array(step, { minLength: 1, maxLength: 4 }), header, fc.constantFrom('json', 'own', 'redirect', 'empty'))
  .map(([steps, cookie, returned]) => cookieCall('generated changes of cookies', steps, [['cookie', cookie], ['x-return', returned]]))
