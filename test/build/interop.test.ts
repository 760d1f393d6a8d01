import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { createApp, type SiteFiles } from '../helper.ts'

async function answer (app: FastifyInstance, name: string): Promise<unknown> {
  const { statusCode, body } = await app.inject(`/.netlify/functions/${name}`)
  return statusCode === 200 ? JSON.parse(body) : body
}

const ESM_ONLY: SiteFiles = {
  'node_modules/esm-only/package.json': '{ "name": "esm-only", "type": "module", "exports": { "import": "./index.js" } }',
  'node_modules/esm-only/index.js': 'import { basename } from "node:path"\nexport const named = basename(import.meta.url)\nexport default "default of an ES module"'
}
const CJS_ONLY: SiteFiles = {
  'node_modules/cjs-only/package.json': '{ "name": "cjs-only", "main": "lib/main" }',
  'node_modules/cjs-only/lib/main.js': 'exports.named = "named"\nexports.file = __filename.split("/").pop()\nObject.assign(exports, { hidden: "hidden" })',
  'node_modules/compiled/package.json': '{ "name": "compiled" }',
  'node_modules/compiled/index.js': 'Object.defineProperty(exports, "__esModule", { value: true })\nexports.default = "its default"\nexports.named = "its named"'
}
/** Has a different entry for each way of loading it, and tells how often each was loaded. */
const DUAL: SiteFiles = {
  'node_modules/dual/package.json': '{ "name": "dual", "exports": { "import": "./index.mjs", "require": "./index.cjs" } }',
  'node_modules/dual/index.mjs': 'export const kind = "import"\nexport const instance = {}',
  'node_modules/dual/index.cjs': 'exports.kind = "require"\nexports.instance = {}',
  'node_modules/uses-dual/package.json': '{ "name": "uses-dual", "exports": { "import": "./index.mjs", "require": "./index.cjs" } }',
  'node_modules/uses-dual/index.mjs': 'export { kind, instance } from "dual"',
  'node_modules/uses-dual/index.cjs': 'module.exports = require("dual")'
}

t.test('a CommonJS function can await import() an ES-module-only package', async (t) => {
  const app = await createApp(t, {
    ...ESM_ONLY,
    'netlify/functions/x.cjs': `
      const loaded = import("esm-only")
      exports.default = async () => {
        const { default: value, named } = await loaded
        const again = await import("esm-only")
        return Response.json([value, named, again === await loaded])
      }`,
    'netlify/functions/y.cts': 'export const handler = async () => ({ statusCode: 200, body: JSON.stringify((await import("esm-only")).named) })'
  })
  t.same(await answer(app, 'x'), ['default of an ES module', 'index.js', true])
  t.equal(await answer(app, 'y'), 'index.js')
})

t.test('a CommonJS function can import and require an ES-module-only package where Node.js can', async (t) => {
  const app = await createApp(t, {
    'node_modules/esm-only/package.json': '{ "name": "esm-only", "type": "module", "exports": "./index.js" }',
    'node_modules/esm-only/index.js': 'export const named = "named"\nexport default "default"',
    'netlify/functions/x.cts': 'import value, { named } from "esm-only"\nconst required = require("esm-only")\nexport default () => Response.json([value, named, required.default])'
  })
  t.same(await answer(app, 'x'), ['default', 'named', 'default'])
})

t.test('an ES-module function can default-import a CommonJS package', async (t) => {
  const app = await createApp(t, {
    ...CJS_ONLY,
    'netlify/functions/x.mts': 'import whole from "cjs-only"\nimport * as space from "cjs-only"\nexport default () => Response.json([whole.named, whole.file, whole.hidden, space.default === whole])'
  })
  t.same(await answer(app, 'x'), ['named', 'main.js', 'hidden', true])
})

t.test('what a default import of a compiled CommonJS package gives depends on the importer, as in Node.js and TypeScript', async (t) => {
  const app = await createApp(t, {
    ...CJS_ONLY,
    'netlify/functions/esm.mts': 'import value, { named } from "compiled"\nexport default () => Response.json([value, named])',
    'netlify/functions/cjs.ts': 'import value, { named } from "compiled"\nexport default () => Response.json([value, named])'
  })
  t.same(await answer(app, 'esm'), [{ default: 'its default', named: 'its named' }, 'its named'])
  t.same(await answer(app, 'cjs'), ['its default', 'its named'])
})

t.test('a named import from a CommonJS package works where Node.js sees the name, and fails with its message where not', async (t) => {
  const app = await createApp(t, {
    ...CJS_ONLY,
    'netlify/functions/seen.mts': 'import { named } from "cjs-only"\nexport default () => Response.json(named)',
    'netlify/functions/unseen.mts': 'import { hidden } from "cjs-only"\nexport default () => Response.json(hidden)'
  })
  t.equal(await answer(app, 'seen'), 'named')
  const response = await app.inject('/.netlify/functions/unseen')
  t.match(response.json(), { statusCode: 500, code: 'FST_NETLIFY_LOAD_FAILED', message: /SyntaxError: .*'hidden'/ })
})

t.test('JSON is imported and required, with and without attributes, also from a package', async (t) => {
  const app = await createApp(t, {
    'node_modules/data/package.json': '{ "name": "data", "version": "1.2.3" }',
    'netlify/functions/esm.mts': `
      import plain from './x.json'
      import attributed from './x.json' with { type: 'json' }
      import { who } from './x.json'
      import { version } from 'data/package.json'
      import manifest from 'data/package.json' with { type: 'json' }
      const dynamic = await import('./x.json', { with: { type: 'json' } })
      export default () => Response.json([plain.who, attributed.who, who, version, manifest.version, dynamic.default.who])`,
    'netlify/functions/cjs.cjs': 'const { who } = require("./x.json")\nconst { version } = require("data/package.json")\nexports.default = () => Response.json([who, version])',
    'netlify/functions/x.json': '{ "who": "you" }'
  })
  t.same(await answer(app, 'esm'), ['you', 'you', 'you', '1.2.3', '1.2.3', 'you'])
  t.same(await answer(app, 'cjs'), ['you', '1.2.3'])
})

t.test('a CommonJS helper in an ES-module function requires packages, built-in modules and files, also late', async (t) => {
  const app = await createApp(t, {
    ...CJS_ONLY,
    'netlify/functions/x.mts': 'import helper from "../../lib/helper.cjs"\nexport default () => Response.json(helper())',
    'lib/helper.cjs': 'module.exports = () => [require("cjs-only").named, require("node:path").sep, require("path").sep, require("./other.cjs")]',
    'lib/other.cjs': 'module.exports = "other"'
  })
  t.same(await answer(app, 'x'), ['named', '/', '/', 'other'])
})

t.test('a dual package has the instance that Node.js would choose, the same for the function and for other packages', async (t) => {
  const app = await createApp(t, {
    ...DUAL,
    'netlify/functions/esm.mts': `
      import { kind, instance } from 'dual'
      import * as other from 'uses-dual'
      import required from '../../lib/required.cjs'
      export default () => Response.json([kind, other.instance === instance, required.kind, required.same])`,
    'lib/required.cjs': 'exports.kind = require("dual").kind\nexports.same = require("dual").instance === require("uses-dual").instance',
    'netlify/functions/cjs.cts': `
      import { kind, instance } from 'dual'
      export default async () => {
        const imported = await import('dual')
        return Response.json([kind, require('uses-dual').instance === instance, imported.kind, imported.instance === (await import('uses-dual')).instance])
      }`
  })
  t.same(await answer(app, 'esm'), ['import', true, 'require', true])
  t.same(await answer(app, 'cjs'), ['require', true, 'import', true])
})

t.test('a package with the condition "module-sync" or "node-addons" has the instance that Node.js would choose', async (t) => {
  const app = await createApp(t, {
    'node_modules/sync/package.json': '{ "name": "sync", "exports": { ".": { "module-sync": "./index.mjs", "default": "./index.cjs" }, "./addon": { "node-addons": "./addon.cjs", "default": "./index.cjs" } } }',
    'node_modules/sync/index.mjs': 'export const kind = "module-sync"\nexport const instance = {}',
    'node_modules/sync/addon.cjs': 'exports.kind = "node-addons"',
    'node_modules/sync/index.cjs': 'exports.kind = "default"\nexports.instance = {}',
    'node_modules/uses-sync/package.json': '{ "name": "uses-sync", "main": "index.cjs" }',
    'node_modules/uses-sync/index.cjs': 'module.exports = require("sync")',
    'netlify/functions/esm.mts': 'import { kind, instance } from "sync"\nimport other from "uses-sync"\nexport default () => Response.json([kind, other.instance === instance])',
    'netlify/functions/cjs.cjs': 'const { kind, instance } = require("sync")\nexports.default = () => Response.json([kind, require("uses-sync").instance === instance])',
    'netlify/functions/addon.mts': 'import { kind } from "sync/addon"\nexport default () => Response.json(kind)'
  })
  t.same(await answer(app, 'esm'), ['module-sync', true])
  t.same(await answer(app, 'cjs'), ['module-sync', true])
  t.equal(await answer(app, 'addon'), 'node-addons')
})

t.test('a package with the condition "module" or "browser" does not get it, for Node.js knows neither', async (t) => {
  const app = await createApp(t, {
    'node_modules/bundled/package.json': '{ "name": "bundled", "module": "./wrong.mjs", "browser": "./wrong.mjs", "main": "./right.cjs" }',
    'node_modules/bundled/wrong.mjs': 'export const kind = "wrong"',
    'node_modules/bundled/right.cjs': 'exports.kind = "right"',
    'node_modules/conditional/package.json': '{ "name": "conditional", "exports": { "module": "./wrong.mjs", "browser": "./wrong.mjs", "default": "./right.cjs" } }',
    'node_modules/conditional/wrong.mjs': 'export const kind = "wrong"',
    'node_modules/conditional/right.cjs': 'exports.kind = "right"',
    'netlify/functions/x.mts': 'import { kind } from "bundled"\nimport { kind as other } from "conditional"\nexport default () => Response.json([kind, other])'
  })
  t.same(await answer(app, 'x'), ['right', 'right'])
})
