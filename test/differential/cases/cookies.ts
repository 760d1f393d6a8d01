import type { Call } from '../exchange.ts'

/** What a function does with `context.cookies`, as it stands in the body of the call. A Date is `{ date: <ms> }`. */
export type CookieStep =
  | readonly ['get', name: unknown]
  | readonly ['set' | 'delete', nameOrCookie?: unknown, value?: unknown]

/** Does what it is told to with cookies, and tells what came of it. */
export const cookieFiles: Readonly<Record<string, string>> = {
  'cookies.mjs': `
    const RETURNS = {
      json: (done) => Response.json(done),
      own: (done) => Response.json(done, { headers: [['set-cookie', 'own=1'], ['set-cookie', 'own=2']] }),
      redirect: () => Response.redirect('https://other.example/'),
      empty: () => new Response(null, { status: 204 }),
      undefined: () => undefined
    }
    export default async (request, { cookies }) => {
      const steps = JSON.parse(await request.text(), (key, value) => typeof value?.date === 'number' ? new Date(value.date) : value)
      const done = steps.map(([step, ...args]) => {
        try {
          return cookies[step](...args) ?? null
        } catch ({ name, message }) {
          return [name, message]
        }
      })
      return RETURNS[request.headers.get('x-return') ?? 'json'](done)
    }`
}

const DAY = { date: Date.UTC(2026, 10, 22, 12) }
const ATTRIBUTES: readonly object[] = [
  { path: '/a' }, { path: '' }, { path: '/a;b' }, { path: '/ü' }, { domain: 'x.example' }, { domain: '-x.example' }, { domain: 'x.example.' },
  { maxAge: 0 }, { maxAge: 60 }, { maxAge: 1.5 }, { maxAge: -1 }, { maxAge: '60' }, { expires: DAY }, { expires: DAY.date }, { expires: 0 }, { expires: 'tomorrow' },
  { secure: true }, { secure: false }, { httpOnly: true }, { sameSite: 'Lax' }, { sameSite: 'None', secure: true }, { sameSite: '' }, { unparsed: ['Priority=High', 'Partitioned'] }, { unparsed: [] },
  { path: '/', domain: 'x.example', maxAge: 1, expires: DAY, secure: true, httpOnly: true, sameSite: 'Strict', unparsed: ['Partitioned'] }
]
const NAMES = ['a', '__Secure-a', '__Host-a', 'a b', 'a=b', 'a;b', 'ü', '', 'a/b', 'a~', 'a"', '(a)', '__proto__']
const VALUES = ['', 'x y', 'x,y', 'x;y', 'x"y', 'x\\y', 'x=y', 'x\ty', 'ü', '☃', 'x%20y', '\u007f', '\u0080']
const SET: readonly CookieStep[] = [['set'], ['set', 'a'], ['set', 'a', 1], ['set', 'a', null], ['set', null], ['set', {}], ['set', { name: 'a' }], ['set', { name: 'a', value: 5 }], ['set', { value: '1' }]]
const DELETED = [undefined, 'a', { name: 'a' }, { name: 'a', path: '/p', domain: 'x.example' }, { name: 'a', path: '' }, '__Host-a', '__Secure-a', 'a b']
const HEADERS = ['a=1', 'a=1; b=2', 'a=1;b=2', ' a = 1 ', 'a=1; a=2', 'a', 'a=', '=1', 'a=b=c', 'a=%20', 'a="q"', 'a=1;', ';;', 'a=1, b=2', '__proto__=1']

export const cookieCalls: Call[] = [
  ...HEADERS.map((header) => cookieCall(`reading the header ${header}`, ['a', 'b', '', 'missing', ' a', '__proto__'].map((name) => ['get', name] as const), [['cookie', header]])),
  cookieCall('reading without a header', [['get', 'a']]),
  cookieCall('reading what was set', [['set', 'a', '2'], ['get', 'a']], [['cookie', 'a=1']]),
  cookieCall('reading a member of every object', [['get', 'constructor']], [['cookie', 'a=1']]),
  ...NAMES.map((name) => cookieCall(`the name "${name}"`, [['set', { name, value: '1', domain: 'x.example', path: '/p' }]])),
  ...VALUES.map((value) => cookieCall(`the value ${JSON.stringify(value)}`, [['set', 'a', value]])),
  ...ATTRIBUTES.map((attributes) => cookieCall(`the attributes ${JSON.stringify(attributes)}`, [['set', { name: 'a', value: '1', ...attributes }]])),
  ...SET.map((step) => cookieCall(`cookies.set of ${JSON.stringify(step.slice(1))}`, [step])),
  ...DELETED.map((what) => cookieCall(`cookies.delete of ${JSON.stringify(what)}`, [['delete', what]])),
  ...['own', 'redirect', 'empty', 'undefined'].map((returned) => cookieCall(`several changes, and a response that is ${returned}`, [['set', 'a', '1'], ['delete', 'b'], ['set', 'a', '2'], ['set', '', '3']], [['x-return', returned]]))
]

export function cookieCall (title: string, steps: readonly CookieStep[], headers: NonNullable<Call['headers']> = []): Call {
  return { title, function: 'cookies', method: 'POST', headers: [['content-type', 'application/json'], ...headers], body: JSON.stringify(steps) }
}
