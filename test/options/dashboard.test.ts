import t from 'tap'
import { defaultDashboard, resolveDashboard } from '../../lib/options/dashboard.ts'

t.test('what is not given has a default', (t) => {
  t.plan(5)
  t.equal(resolveDashboard(undefined), undefined)
  t.strictSame(resolveDashboard(true), { path: '/.netlify/dashboard', auth: undefined })
  t.strictSame(resolveDashboard({}), defaultDashboard)
  const auth = { username: 'anna', password: 'a:b' }
  const resolved = resolveDashboard({ path: '/admin/functions', auth })
  t.strictSame(resolved, { path: '/admin/functions', auth })
  t.ok(Object.isFrozen(resolved) && Object.isFrozen(resolved?.auth))
})

t.test('a function is taken as it is', (t) => {
  t.plan(1)
  const auth = (): boolean => true
  t.equal(resolveDashboard({ auth })?.auth, auth)
})

const bad: Array<[option: string, values: unknown[]]> = [
  ['dashboard', [false, null, 'yes', 1, []]],
  ['dashboard.title', [{ title: 'Mine' }]],
  ['dashboard.path', [{ path: '' }, { path: '/' }, { path: 'admin' }, { path: '/admin/' }, { path: '/:id' }, { path: '/a*' }, { path: 5 }, { path: null }]],
  // A variable that is not set must not open the dashboard.
  ['dashboard.auth', [{ auth: undefined }, { auth: null }, { auth: true }, { auth: 'anna:secret' }, { auth: [] }]],
  ['dashboard.auth.username', [{ auth: {} }, { auth: { username: '', password: 'a' } }, { auth: { username: 'a:b', password: 'a' } }, { auth: { username: 'a'.repeat(201), password: 'a' } }]],
  ['dashboard.auth.password', [{ auth: { username: 'anna' } }, { auth: { username: 'anna', password: '' } }, { auth: { username: 'anna', password: undefined } }, { auth: { username: 'anna', password: 5 } }]],
  ['dashboard.auth.role', [{ auth: { username: 'anna', password: 'a', role: 'admin' } }]]
]

for (const [option, values] of bad) {
  t.test(`a bad ${option} is refused by its name`, (t) => {
    t.plan(values.length)
    for (const value of values) {
      t.throws(() => resolveDashboard(value), { code: 'FST_NETLIFY_INVALID_OPTION', message: new RegExp(`^Option "${option}" (must|is not known)`) }, JSON.stringify(value))
    }
  })
}
