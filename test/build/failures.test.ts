import t from 'tap'
import { captureLog, createApp } from '../helper.ts'

const FINE = { 'netlify/functions/fine.mts': 'export default () => new Response("fine")' }

interface Failure {
  readonly title: string
  /** A file of the functions directory. */
  readonly file: string
  readonly source: string
  readonly code: string
  /** What the log says about place and reason. */
  readonly frame: RegExp
}

const failures: Failure[] = [
  {
    title: 'does not compile',
    file: 'x.mts',
    source: 'const secret = "s3cret"\nexport default () => new Response(secret))\n',
    code: 'FST_NETLIFY_BUILD_FAILED',
    frame: /Expected ";" but found "\)"\s+netlify\/functions\/x\.mts:2:41:\s+2 │ export default \(\) => new Response\(secret\)\)\s+│ +\^/
  },
  {
    title: 'imports a file that does not exist',
    file: 'x.cjs',
    source: 'const secret = "s3cret"; require("./absent")',
    code: 'FST_NETLIFY_BUILD_FAILED',
    frame: /Could not resolve "\.\/absent"\s+netlify\/functions\/x\.cjs:1:33:\s+1 │ const secret = "s3cret"; require\("\.\/absent"\)\s+╵ +~+/
  },
  {
    title: 'throws while it is loaded, as an ES module',
    file: 'x.mts',
    source: 'const secret: string = "s3cret"\n\ninterface Unused { a: string }\nthrow new TypeError(secret + " is bad")\nexport default () => new Response()',
    code: 'FST_NETLIFY_LOAD_FAILED',
    frame: /TypeError: s3cret is bad\s+netlify\/functions\/x\.mts:4:6:\s+4 │ throw new TypeError\(secret \+ " is bad"\)\s+╵ +\^/
  },
  {
    title: 'throws while it is loaded, as CommonJS',
    file: 'x.cts',
    source: 'const secret: string = "s3cret"\n\ninterface Unused { a: string }\nthrow new TypeError(secret + " is bad")\nexports.default = () => new Response()',
    code: 'FST_NETLIFY_LOAD_FAILED',
    frame: /TypeError: s3cret is bad\s+netlify\/functions\/x\.cts:4:6:\s+4 │ throw new TypeError\(secret \+ " is bad"\)\s+╵ +\^/
  },
  {
    title: 'rejects at its top level',
    file: 'x.mts',
    source: 'await Promise.reject(new Error("no s3cret database"))\nexport default () => new Response()',
    code: 'FST_NETLIFY_LOAD_FAILED',
    frame: /Error: no s3cret database\s+netlify\/functions\/x\.mts:1:21:/
  },
  {
    title: 'throws what is no Error',
    file: 'x.mts',
    source: 'throw "s3cret"\nexport default () => new Response()',
    code: 'FST_NETLIFY_LOAD_FAILED',
    frame: /throws while loading: it threw s3cret/
  },
  {
    title: 'throws what has no text',
    file: 'x.mts',
    source: 'const secret = "s3cret"\nthrow Object.create(null)\nexport default () => new Response()',
    code: 'FST_NETLIFY_LOAD_FAILED',
    frame: /throws while loading: it threw \[Object: null prototype\] \{\}/
  },
  {
    title: 'has a helper that throws while it is loaded',
    file: 'x/x.mts',
    source: 'import "./deep.ts"\nexport default () => new Response()',
    code: 'FST_NETLIFY_LOAD_FAILED',
    frame: /ReferenceError: s3cret is not defined\s+netlify\/functions\/x\/deep\.ts:3:2:\s+3 │ {3}s3cret\(\)/
  },
  {
    title: 'has a helper that does not compile',
    file: 'x/x.mts',
    source: 'import "./broken.ts"\nexport default () => new Response()',
    code: 'FST_NETLIFY_BUILD_FAILED',
    frame: /netlify\/functions\/x\/broken\.ts:1:13:\s+1 │ const s3cret s3cret\s+│ +~+/
  },
  ...([['"text"', 'a string'], ['42', 'a number'], ['null', 'null'], ['[]', 'an array'], ['{ fetch: "s3cret" }', 'an object without a "fetch" function'], ['{ get: () => {} }', 'an object without a "fetch" function'], ['true', 'a boolean']] as const).map(([value, found]): Failure => ({
    title: `has ${value} as its default export`,
    file: 'x.mts',
    source: `const secret = 's3cret'\nexport default ${value}`,
    code: 'FST_NETLIFY_INVALID_HANDLER',
    frame: new RegExp(`has ${found} as its default export; export a function`)
  })),
  {
    title: 'has a handler that is no function',
    file: 'x.mts',
    source: 'export const handler = "s3cret"\nexport default handler',
    code: 'FST_NETLIFY_INVALID_HANDLER',
    frame: /has a string as its default export/
  }
]

for (const { title, file, source, code, frame } of failures) {
  t.test(`a function that ${title} answers 500, is logged with the place, and the others serve`, async (t) => {
    const { logger, lines } = captureLog()
    const app = await createApp(t, {
      ...FINE,
      [`netlify/functions/${file}`]: source,
      'netlify/functions/x/deep.ts': 'interface Unused { a: string }\n\n  s3cret()',
      'netlify/functions/x/broken.ts': 'const s3cret s3cret'
    }, { exposeErrors: false }, { logger })

    t.equal((await app.inject('/.netlify/functions/fine')).body, 'fine')
    const response = await app.inject('/.netlify/functions/x')
    t.equal(response.statusCode, 500)
    t.equal(response.json().code, 'FST_NETLIFY_FUNCTION_BROKEN')
    t.notMatch(response.body, /s3cret|│|\.[cm]?ts|cjs/, 'the client sees no source')

    const line = lines.find((line) => line.function === 'x' && line.err !== undefined)
    t.match(line, { level: 50, msg: 'function "x" cannot run', file: new RegExp(`/netlify/functions/${file}$`), err: { code } })
    t.match(line?.err?.message, frame)
    const info = app.netlifyFunctions.functions.find(({ name }) => name === 'x')
    t.match(info, { state: 'failed', error: { code } })
  })
}

t.test('with exposeErrors the client sees the code and the place', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': 'export default (' }, { exposeErrors: true })
  const response = await app.inject('/.netlify/functions/x')
  t.match(response.json(), { statusCode: 500, code: 'FST_NETLIFY_BUILD_FAILED', message: /netlify\/functions\/x\.mts:1:16/ })
})

t.test('functions that never finish loading, however many, answer 500 and do not hold up the app', async (t) => {
  const app = await createApp(t, {
    ...FINE,
    ...Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`netlify/functions/f${n}.mts`, `await new Promise(() => {})\nexport default () => new Response("${n}")`]))
  })
  t.equal((await app.inject('/.netlify/functions/fine')).body, 'fine')
  for (const name of ['f0', 'f59']) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.match(response.json(), { statusCode: 500, code: 'FST_NETLIFY_LOAD_FAILED', message: /its top-level code has not finished after 5000 ms/ })
  }
})

t.test('a function that waits its turn while the modules of others take their time is not one that never finishes', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/slow.mts': 'await new Promise((resolve) => setTimeout(resolve, 200))\nconst end = Date.now() + 5_500\nwhile (Date.now() < end);\nglobalThis.__slowIsLoaded = true\nexport default () => new Response("slow")',
    'netlify/functions/waits.mts': 'import { readFile } from "node:fs/promises"\nwhile (!globalThis.__slowIsLoaded) await readFile(import.meta.filename)\nexport default () => new Response("waits")'
  })
  t.equal((await app.inject('/.netlify/functions/slow')).body, 'slow')
  t.equal((await app.inject('/.netlify/functions/waits')).body, 'waits')
})

t.test('the paths of a function that cannot run answer 500 as well', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/one.mts': 'throw new Error("broken")\nexport default () => {}\nexport const config: Config = { path: "/one/:id" }',
    'netlify/functions/two.ts': 'export default () => {{\nexport const config = {\n  method: ["GET"],\n  path: ["/two", \'/deux/*\', `/zwei`]\n}',
    'netlify/functions/three.mts': 'export default { fetch () {}, config: { path: "/three" } }\nimport("")(',
    'netlify/functions/bad.mts': 'export default (\nexport const config = { path: "no slash" }',
    ...FINE
  }, { exposeErrors: true })

  for (const url of ['/one/1', '/two', '/deux/x/y', '/zwei', '/three', '/.netlify/functions/bad']) {
    const response = await app.inject(url)
    t.equal(response.statusCode, 500, url)
    t.match(response.json().code, /^FST_NETLIFY_(LOAD|BUILD)_FAILED$/)
  }
  t.equal((await app.inject('/.netlify/functions/one')).statusCode, 404, 'a function with a path has no default URL')
  t.equal((await app.inject('/other')).statusCode, 404)
})
