import t, { type Test } from 'tap'
import { captureLog, createApp } from '../helper.ts'

/** Runs a body of a function that has `lines` for what it finds out, and gives that and what it printed. */
async function run (t: Test, body: string, more: Readonly<Record<string, string>> = {}): Promise<{ found: unknown, printed: Array<[level: number, msg: string]> }> {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/x.mjs': `export default async () => {\n${body}\n}`,
    ...Object.fromEntries(Object.entries(more).map(([name, text]) => [`netlify/functions/${name}`, text]))
  }, {}, { logger: log.logger })
  const reply = await app.inject('/.netlify/functions/x')
  const found: unknown = reply.statusCode === 200 ? reply.json() : reply.body
  return { found, printed: log.lines.filter((line) => line.function === 'x' && line.outcome === undefined).map(({ level, msg }) => [level, msg]) }
}

t.test('every method prints at its level', async (t) => {
  const { printed } = await run(t, `
    console.dir({ a: 1 }); console.dirxml('x'); console.table([{ a: 1 }]); console.count(); console.count(); console.countReset(); console.count()
    console.assert(true, 'no'); console.assert(false, 'it %s', 'failed'); console.time('t'); console.timeLog('t', 'on'); console.timeEnd('t')
    console.group('outer'); console.groupCollapsed('inner'); console.warn('deep\\ndeeper'); console.groupEnd(); console.groupEnd(); console.groupEnd()
    console.clear(); console.log(); console.log('')
    return new Response('{}')`)
  t.match(printed, [
    [30, '{ a: 1 }'], [30, 'x'], [30, /^┌.*\n│ \(index\) │ a │\n/], [30, 'default: 1'], [30, 'default: 2'], [30, 'default: 1'],
    [40, 'Assertion failed: it failed'], [30, /^t: [\d.]+ms on$/], [30, /^t: [\d.]+ms$/],
    [30, 'outer'], [30, '  inner'], [40, '    deep\n    deeper'], [30, ''], [30, '']
  ])
  t.equal(printed.length, 14)
})

t.test('console.trace() begins where the function calls it, in its source', async (t) => {
  const { printed: [line] } = await run(t, 'console.trace("here %d", 1)\nreturn new Response("{}")')
  t.equal(line?.[0], 50)
  t.match(line?.[1].split('\n').slice(0, 2), ['Trace: here 1', /^ {4}at .*netlify\/functions\/x\.mjs:2:9\)?$/])
})

t.test('what is not a call works too', async (t) => {
  const { found, printed } = await run(t, `
    const { log } = console
    log('taken out')
    console.error.bind(null, 'bound')()
    ;[1].forEach(console.log)
    globalThis.console.info('of globalThis'); global.console?.warn('of global'); globalThis['console']['debug']('by name')
    const real = globalThis['con' + 'sole']
    const written = []
    new console.Console({ stdout: { write: (text) => { written.push(text) } }, ignoreErrors: false }).log('elsewhere')
    return Response.json({
      written,
      keys: Reflect.ownKeys(console).length === Reflect.ownKeys(real).length && Object.keys(console).join() === Object.keys(real).join(),
      instance: console instanceof console.Console,
      tag: String(console),
      type: typeof console,
      names: [console.log.name, console.trace.name, console.log.length]
    })`)
  t.strictSame(found, { written: ['elsewhere\n'], keys: true, instance: true, tag: '[object console]', type: 'object', names: ['log', 'trace', 0] })
  t.strictSame(printed, [[30, 'taken out'], [50, 'bound'], [30, '1 0 [ 1 ]'], [30, 'of globalThis'], [40, 'of global'], [20, 'by name']])
})

t.test('a variable of the function\'s own is left alone', async (t) => {
  const { found, printed } = await run(t, `
    const said = []
    {
      const console = { log: (text) => { said.push(text) } }
      console.log('local')
    }
    ;((console) => console.log('parameter'))({ log: (text) => { said.push(text) } })
    console.log('printed')
    return Response.json(said)`)
  t.strictSame(found, ['local', 'parameter'])
  t.strictSame(printed, [[30, 'printed']])
})

t.test('what a function does to its console is nothing to others, nor to the process', async (t) => {
  const { log } = console
  const { found, printed } = await run(t, `
    const heard = []
    console.log = (text) => { heard.push(text) }
    globalThis.console.mine = true
    console.log('mine')
    const { default: other } = await import('./other.mjs')
    return Response.json([heard, other()])`, { 'other.mjs': 'export default () => "other"', 'y.mjs': 'export default () => { console.log("y"); return Response.json("mine" in console) }' })
  t.strictSame(found, [['mine'], 'other'])
  t.strictSame(printed, [])
  t.equal(console.log, log)
  t.notOk('mine' in console)
})

for (const [title, statement] of [
  ['assigned to', 'console = { log: () => {} }'],
  ['assigned to as a member of globalThis', 'const before = globalThis.console; globalThis.console = before'],
  ['deleted', 'if (typeof window !== "undefined") delete globalThis.console'],
  ['a variable of a loop', 'for (console of []);']
] as const) {
  t.test(`a function whose console is ${title} has the global one`, async (t) => {
    const before = globalThis.console
    t.teardown(() => { globalThis.console = before })
    const { found } = await run(t, `const same = console === globalThis['con' + 'sole']\n${statement}\nreturn Response.json(same)`)
    t.equal(found, true)
  })
}

t.test('a top-level variable of that name, exported or not, is the function\'s', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/x.mjs': 'export const console = { log: () => 1 }\nexport default () => Response.json(console.log())',
    'netlify/functions/y.cjs': 'var console = { log: () => 2 }\nexports.default = () => Response.json(console.log())'
  }, {}, { logger: log.logger })
  t.equal((await app.inject('/.netlify/functions/x')).body, '1')
  t.equal((await app.inject('/.netlify/functions/y')).body, '2')
})

t.test('what throws while it is shown throws in the function, as with Node.js', async (t) => {
  const { found, printed } = await run(t, `
    const bad = { [Symbol.for('nodejs.util.inspect.custom')] () { console.warn('looked at'); throw new Error('not to be shown') } }
    try { console.log(bad) } catch (error) { console.error('caught'); return Response.json(error.message) }`)
  t.equal(found, 'not to be shown')
  t.strictSame(printed, [[40, 'looked at'], [50, 'caught']])
})

t.test('a text of more than 16 KB is cut, and says so', async (t) => {
  const { printed } = await run(t, 'console.log("x".repeat(20000)); return new Response("{}")')
  t.equal(printed[0]?.[1], `${'x'.repeat(16_384)}… (3616 more characters)`)
})
