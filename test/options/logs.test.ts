import { join } from 'node:path'
import t from 'tap'
import type { LogOptions, NetlifyFunctionsOptions } from '../../lib/index.ts'
import { defaultLogs } from '../../lib/options/logs.ts'
import { resolveOptions } from '../../lib/options/resolve.ts'

const SECRET = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-api-key']

for (const [option, values] of [
  ['logs', [true, null, [], 'all', 1]],
  ['logs.history', [-1, 1.5, Infinity, '100', null]],
  ['logs.invocations', ['yes', 1, null]],
  ['logs.headers', ['user-agent', [1], ['a b'], [''], null]],
  ['logs.redact', ['x-token', [null], ['x:y']]],
  ['logs.file', [true, 1, null, []]],
  ['logs.file.path', [{ path: '' }, {}, { path: 1 }, 'logs/']],
  ['logs.file.size', [0, -1, '10', 'large', '0m', '1.5m'].map((size) => ({ path: 'x.log', size }))],
  ['logs.file.frequency', ['weekly', 0, -1, 1.5].map((frequency) => ({ path: 'x.log', frequency }))],
  ['logs.file.keep', [0, -1, 1.5, '5'].map((keep) => ({ path: 'x.log', keep }))],
  ['logs.level', ['info']],
  ['logs.file.mode', [{ path: 'x.log', mode: 1 }]]
] as Array<[string, unknown[]]>) {
  t.test(`${option}: bad values are refused`, async (t) => {
    for (const value of values) {
      const [, key] = option.split('.')
      const logs = key === undefined ? value : { [key]: value }
      t.throws(() => resolveOptions({ logs } as NetlifyFunctionsOptions), { code: 'FST_NETLIFY_INVALID_OPTION', message: new RegExp(`^Option "${option.replaceAll('.', '\\.')}" (must|is not known)`) }, JSON.stringify(value))
    }
  })
}

t.test('the defaults', async (t) => {
  t.strictSame(resolveOptions({}).logs, defaultLogs)
  t.strictSame(defaultLogs, { invocations: true, history: 50, headers: [], redact: SECRET, file: undefined })
  t.equal(resolveOptions({ logs: false }).logs, false)
})

t.test('names of headers are in lower case, and secret ones are added', async (t) => {
  t.match(resolveOptions({ logs: { headers: ['User-Agent'], redact: ['X-Token'], history: 0, invocations: false }, background: { secretHeaders: ['Cookie', 'X-Sealed'] } }).logs, {
    headers: ['user-agent'], redact: [...SECRET, 'x-sealed', 'x-token'], history: 0, invocations: false
  })
})

t.test('the file is below the root', async (t) => {
  const fileOf = (file: LogOptions['file'] & {}): unknown => {
    const { logs } = resolveOptions({ root: '/site', logs: { file } })
    return logs && logs.file
  }
  t.strictSame(fileOf('logs/x.log'), { path: join('/site', 'logs/x.log'), size: 10_485_760, frequency: undefined, keep: 5 })
  t.strictSame(fileOf({ path: '/x.log', size: '500K', frequency: 'daily', keep: 1 }), { path: '/x.log', size: 512_000, frequency: 'daily', keep: 1 })
  t.match(fileOf({ path: 'x', size: 100, frequency: 60_000 }), { size: 100, frequency: 60_000 })
  t.match(fileOf({ path: 'x', size: '2g' }), { size: 2 * 1024 ** 3 })
})
