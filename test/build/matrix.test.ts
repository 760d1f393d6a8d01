import t from 'tap'
import { createApp, type SiteFiles } from '../helper.ts'

type Format = 'esm' | 'cjs'

/** What package.json says, and what that makes of the extensions that do not say it themselves. */
const packages: Array<[title: string, manifest: string, format: Format]> = [
  ['"type": "module"', '{ "type": "module" }', 'esm'],
  ['"type": "commonjs"', '{ "type": "commonjs" }', 'cjs'],
  ['no "type"', '{}', 'cjs']
]

const extensions: Array<[extension: string, format: Format | 'by package.json']> = [
  ['mts', 'esm'], ['mjs', 'esm'], ['cts', 'cjs'], ['cjs', 'cjs'],
  ['ts', 'by package.json'], ['js', 'by package.json'], ['tsx', 'by package.json'], ['jsx', 'by package.json']
]

interface Form {
  readonly title: string
  readonly syntax: Format
  readonly code: string
}

const forms: Form[] = [
  { title: 'default export', syntax: 'esm', code: 'export default async (request) => new Response(word + new URL(request.url).search)' },
  { title: 'default export of a function declaration', syntax: 'esm', code: 'export default function hello (request) { return new Response(word + new URL(request.url).search) }' },
  { title: 'default export with a config', syntax: 'esm', code: 'export default (request) => new Response(word + new URL(request.url).search)\nexport const config = { method: "GET" }' },
  { title: 'object with fetch', syntax: 'esm', code: 'export default { fetch: async (request) => new Response(word + new URL(request.url).search) }' },
  { title: 'object with fetch as a method', syntax: 'esm', code: 'export default { async fetch (request) { return new Response(word + new URL(request.url).search) } }' },
  { title: 'default export by name', syntax: 'esm', code: 'const hello = (request) => new Response(word + new URL(request.url).search)\nexport { hello as default }' },
  { title: 'named handler, async', syntax: 'esm', code: 'export const handler = async (event) => ({ statusCode: 200, body: word + "?" + event.rawQuery })' },
  { title: 'named handler with a callback', syntax: 'esm', code: 'export const handler = (event, context, callback) => { setImmediate(callback, null, { statusCode: 200, body: word + "?" + event.rawQuery }) }' },
  { title: 'named handler beside a default export', syntax: 'esm', code: 'export const handler = async (event) => ({ statusCode: 200, body: word + "?" + event.rawQuery })\nexport default () => new Response("not me")' },
  { title: 'exports.handler', syntax: 'cjs', code: 'exports.handler = async (event) => ({ statusCode: 200, body: word + "?" + event.rawQuery })' },
  { title: 'exports.handler with a callback', syntax: 'cjs', code: 'exports.handler = (event, context, callback) => callback(null, { statusCode: 200, body: word + "?" + event.rawQuery })' },
  { title: 'module.exports = { handler }', syntax: 'cjs', code: 'module.exports = { handler: async (event) => ({ statusCode: 200, body: word + "?" + event.rawQuery }) }' },
  { title: 'exports.default', syntax: 'cjs', code: 'exports.default = async (request) => new Response(word + new URL(request.url).search)' },
  { title: 'exports.default, an object with fetch', syntax: 'cjs', code: 'exports.default = { fetch: async (request) => new Response(word + new URL(request.url).search) }' },
  { title: 'module.exports = { default }', syntax: 'cjs', code: 'module.exports = { default: async (request) => new Response(word + new URL(request.url).search) }' },
  { title: 'exports.default as a compiler writes it', syntax: 'cjs', code: 'Object.defineProperty(exports, "__esModule", { value: true })\nexports.default = async (request) => new Response(word + new URL(request.url).search)' }
]

/** A line that only the right loader and the right module format accept. */
function preamble (extension: string, format: Format): string {
  if (extension.endsWith('x')) return '/* @jsx h */\nconst h = (tag, props, ...children) => children.join("")\nconst word = <b>Hello</b>'
  if (extension.includes('ts')) return 'const word: string = ("Hello" as const)'
  return format === 'esm' ? 'const word = await "Hello"' : 'const word = "Hello"'
}

/** Compilers turn ES module syntax into CommonJS, so only a plain .cjs cannot have it; no ES module has CommonJS syntax. */
function isLegal (form: Form, extension: string, format: Format): boolean {
  return form.syntax === 'esm' ? extension !== 'cjs' : format === 'cjs'
}

for (const [title, manifest, packageFormat] of packages) {
  t.test(`in a package with ${title}`, async (t) => {
    const cases = extensions.flatMap(([extension, own]) => {
      const format = own === 'by package.json' ? packageFormat : own
      return forms.filter((form) => isLegal(form, extension, format)).map((form) => ({ extension, format, form, name: `${extension}-${forms.indexOf(form)}` }))
    })
    const files: SiteFiles = Object.fromEntries(cases.map(({ extension, format, form, name }) =>
      [`netlify/functions/${name}.${extension}`, `${preamble(extension, format)}\n${form.code}`]))
    const app = await createApp(t, { 'package.json': manifest, ...files })

    for (const { extension, format, form, name } of cases) {
      const response = await app.inject(`/.netlify/functions/${name}?a=1`)
      t.same([response.statusCode, response.body], [200, 'Hello?a=1'], `.${extension} as ${format}: ${form.title}`)
    }
  })
}

for (const [extension, inModule, inCommonJs] of [['mts', 200, 200], ['mjs', 200, 200], ['cts', 500, 500], ['ts', 200, 500], ['js', 200, 500], ['tsx', 200, 500], ['jsx', 200, 500]] as const) {
  t.test(`top-level await in .${extension} works exactly where the file is an ES module`, async (t) => {
    const source = 'const text = await Promise.resolve("awaited")\nexport default () => new Response(text)'
    for (const [type, status] of [['module', inModule], ['commonjs', inCommonJs]] as const) {
      const app = await createApp(t, { 'package.json': JSON.stringify({ type }), [`netlify/functions/x.${extension}`]: source })
      const response = await app.inject('/.netlify/functions/x')
      t.equal(response.statusCode, status, type)
      if (status === 200) t.equal(response.body, 'awaited')
      else t.match(response.json().message, new RegExp(`Top-level await .*netlify/functions/x\\.${extension}:1:13:`, 's'), 'the error says why and where')
    }
  })
}

t.test('the nearest package.json decides', async (t) => {
  const app = await createApp(t, {
    'package.json': '{ "type": "module" }',
    'netlify/functions/a.js': 'export default () => new Response(await_)\nconst await_ = await "module"',
    'netlify/functions/b/package.json': '{ "type": "commonjs" }',
    'netlify/functions/b/b.js': 'exports.handler = async () => ({ statusCode: 200, body: "commonjs" })',
    'netlify/functions/c/package.json': '{}',
    'netlify/functions/c/index.ts': 'exports.handler = async () => ({ statusCode: 200, body: "untyped" })'
  })
  t.equal((await app.inject('/.netlify/functions/a')).body, 'module')
  t.equal((await app.inject('/.netlify/functions/b')).body, 'commonjs')
  t.equal((await app.inject('/.netlify/functions/c')).body, 'untyped')
})
