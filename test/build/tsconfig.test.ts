import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { createSite, type SiteFiles } from '../helper.ts'

/** A package with a JSX runtime that makes strings. */
const TEXT_JSX: SiteFiles = {
  'node_modules/text-jsx/package.json': '{ "name": "text-jsx", "exports": { "./jsx-runtime": "./runtime.js" } }',
  'node_modules/text-jsx/runtime.js': `
    exports.Fragment = ({ children }) => [children].flat().join('')
    exports.jsx = exports.jsxs = (tag, { children }) => typeof tag === 'function' ? tag({ children }) : '<' + tag + '>' + [children].flat().join('') + '</' + tag + '>'`
}
const PAGE = 'const Page = ({ children }) => <h1>Hello, {children}</h1>\nexport default () => new Response(<><Page>you</Page>!</>)'

async function serve (t: Test, files: SiteFiles, options: NetlifyFunctionsOptions = {}): Promise<FastifyInstance> {
  const directory = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { ...options, root: join(directory, options.root ?? '.') })
  return app
}

async function answer (app: FastifyInstance, name: string): Promise<string> {
  const { statusCode, body } = await app.inject(`/.netlify/functions/${name}`)
  return statusCode === 200 ? body : `${statusCode} ${body}`
}

t.test('TypeScript needs no configuration, its own syntax included', async (t) => {
  const app = await serve(t, {
    'netlify/functions/x.mts': `
      import type { Nothing } from './types'
      import { Colour, type Named } from './colour'
      namespace Text { export const join = (...parts: string[]): string => parts.join(' ') }
      class Thing implements Named { constructor (readonly name: string) {} }
      export default (_request: Request, _context?: Nothing): Response => new Response(Text.join(new Thing('thing').name satisfies string, Colour[Colour.Red]!))`,
    'netlify/functions/types.d.ts': 'export interface Nothing {}',
    'netlify/functions/colour.ts': 'export enum Colour { Green, Red }\nexport interface Named { name: string }'
  })
  t.equal(await answer(app, 'x'), 'thing Red')
})

for (const directory of ['netlify/functions', 'netlify', '.']) {
  const file = join(directory, 'tsconfig.json')
  const root = directory.split('/').map((part) => part === '.' ? '.' : '..').join('/')

  t.test(`${file} applies: "paths", the first that exists`, async (t) => {
    const app = await serve(t, {
      [file]: `{
        // Comments and trailing commas are allowed.
        "compilerOptions": { "paths": { "@/*": ["${root}/absent/*", "${root}/src/*"], "exact": ["${root}/src/exact.ts"] } },
      }`,
      'src/text.ts': 'export const text = "text"',
      'src/exact.ts': 'export const exact = "exact"',
      'netlify/functions/x.mts': 'import { text } from "@/text"\nimport { exact } from "exact"\nexport default () => new Response(text + " " + exact)',
      'netlify/functions/y.cts': 'import { text } from "@/text"\nconst { exact } = require("exact")\nexport const handler = async () => ({ statusCode: 200, body: text + " " + exact })'
    })
    t.equal(await answer(app, 'x'), 'text exact')
    t.equal(await answer(app, 'y'), 'text exact')
  })

  t.test(`${file} applies: "baseUrl"`, async (t) => {
    const app = await serve(t, {
      [file]: `{ "compilerOptions": { "baseUrl": "${root}/src" } }`,
      'src/deep/text.ts': 'export const text = "text"',
      'netlify/functions/x.mts': 'import { text } from "deep/text"\nexport default () => new Response(text)'
    })
    t.equal(await answer(app, 'x'), 'text')
  })

  t.test(`${file} applies: "jsx" with "jsxImportSource"`, async (t) => {
    const app = await serve(t, {
      ...TEXT_JSX,
      [file]: '{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "text-jsx" } }',
      'netlify/functions/x.tsx': PAGE,
      'netlify/functions/y.jsx': PAGE
    })
    t.equal(await answer(app, 'x'), '<h1>Hello, you</h1>!')
    t.equal(await answer(app, 'y'), '<h1>Hello, you</h1>!')
  })
}

t.test('of several, the nearest tsconfig.json applies', async (t) => {
  const app = await serve(t, {
    'tsconfig.json': '{ "compilerOptions": { "paths": { "text": ["./far.ts"] } } }',
    'netlify/functions/tsconfig.json': '{ "compilerOptions": { "paths": { "text": ["../../near.ts"] } } }',
    'far.ts': 'export default "far"',
    'near.ts': 'export default "near"',
    'netlify/functions/x.mts': 'import text from "text"\nexport default () => new Response(text)'
  })
  t.equal(await answer(app, 'x'), 'near')
})

t.test('"extends" applies: a file, a list of files, a package', async (t) => {
  const app = await serve(t, {
    ...TEXT_JSX,
    'tsconfig.json': '{ "extends": ["./config/paths.json", "shared-config/jsx.json"] }',
    'config/paths.json': '{ "extends": "./base.json", "compilerOptions": {} }',
    'config/base.json': '{ "compilerOptions": { "paths": { "@/*": ["../src/*"] } } }',
    'node_modules/shared-config/package.json': '{ "name": "shared-config" }',
    'node_modules/shared-config/jsx.json': '{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "text-jsx" } }',
    'src/text.ts': 'export const text = "text"',
    'netlify/functions/x.tsx': 'import { text } from "@/text"\nexport default () => new Response(<p>{text}</p>)'
  })
  t.equal(await answer(app, 'x'), '<p>text</p>')
})

t.test('of a tsconfig.json that only lists "references", the project that includes the function applies', async (t) => {
  const app = await serve(t, {
    ...TEXT_JSX,
    'tsconfig.json': '{ "files": [], "references": [{ "path": "./tsconfig.web.json" }, { "path": "./netlify/project" }] }',
    'tsconfig.web.json': '{ "include": ["web"], "compilerOptions": { "composite": true, "jsxImportSource": "wrong", "paths": { "@/*": ["./web/*"] } } }',
    'netlify/project/tsconfig.json': '{ "include": ["../functions"], "compilerOptions": { "composite": true, "jsx": "react-jsx", "jsxImportSource": "text-jsx", "paths": { "@/*": ["../lib/*"] } } }',
    'web/text.ts': 'export const text = "web"',
    'netlify/lib/text.ts': 'export const text = "functions"',
    'netlify/functions/x.tsx': 'import { text } from "@/text"\nexport default () => new Response(<p>{text}</p>)'
  })
  t.equal(await answer(app, 'x'), '<p>functions</p>')
})

t.test('a functions directory outside the root has the tsconfig.json of the root', async (t) => {
  const app = await serve(t, {
    ...TEXT_JSX,
    'site/tsconfig.json': '{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "text-jsx", "paths": { "@/*": ["./src/*"] } } }',
    'site/src/text.ts': 'export const text = "text"',
    'elsewhere/x.tsx': 'import { text } from "@/text"\nexport default () => new Response(<p>{text}</p>)'
  }, { root: 'site', functions: '../elsewhere' })
  t.equal(await answer(app, 'x'), '<p>text</p>')
})

t.test('a functions directory outside the base directory has the tsconfig.json of the base directory', async (t) => {
  const app = await serve(t, {
    'netlify.toml': '[build]\nbase = "packages/site"',
    'packages/site/tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
    'packages/site/src/text.ts': 'export const text = "text"',
    'functions/x.mts': 'import { text } from "@/text"\nexport default () => new Response(text)'
  }, { functions: 'functions' })
  t.equal(await answer(app, 'x'), 'text')
})

t.test('the functions of a base directory have its tsconfig.json', async (t) => {
  const app = await serve(t, {
    'netlify.toml': '[build]\nbase = "packages/site"',
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./wrong/*"] } } }',
    'packages/site/tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
    'packages/site/src/text.ts': 'export const text = "text"',
    'packages/site/netlify/functions/x.mts': 'import { text } from "@/text"\nexport default () => new Response(text)'
  })
  t.equal(await answer(app, 'x'), 'text')
})

t.test('a tsconfig.json that does not parse fails the functions it applies to, with its name and line', async (t) => {
  const app = await serve(t, {
    'tsconfig.json': '{\n  "compilerOptions": {{\n}',
    'netlify/functions/x.mts': 'export default () => new Response("x")'
  })
  const response = await app.inject('/.netlify/functions/x')
  t.equal(response.statusCode, 500)
  t.match(response.json(), { code: 'FST_NETLIFY_BUILD_FAILED', message: /tsconfig\.json:2:/ })
})
