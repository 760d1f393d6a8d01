import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createSite, type SiteFiles } from '../helper.ts'

async function serve (t: Test, files: SiteFiles, below = '.'): Promise<{ app: FastifyInstance, root: string }> {
  const root = join(await createSite(t, Object.fromEntries(Object.entries(files).map(([path, content]) => [join(below, path), content]))), below)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root })
  return { app, root }
}

async function answer (app: FastifyInstance, name: string): Promise<unknown> {
  const { statusCode, body } = await app.inject(`/.netlify/functions/${name}`)
  return statusCode === 200 ? JSON.parse(body) : body
}

const PLACE = '{ url: import.meta.url, dirname: import.meta.dirname, filename: import.meta.filename, __dirname, __filename }'

function placeOf (file: string): object {
  const dirname = join(file, '..')
  return { url: pathToFileURL(file).href, dirname, filename: file, __dirname: dirname, __filename: file }
}

for (const [extension, helper] of [['mts', 'place.ts'], ['cts', 'place.ts'], ['mjs', 'place.mjs'], ['ts', 'place.mts'], ['tsx', 'place.tsx'], ['jsx', 'place.jsx']] as const) {
  t.test(`import.meta.url, dirname and filename, __dirname and __filename point at the source file: .${extension} and ${helper} in another directory`, async (t) => {
    const { app, root } = await serve(t, {
      [`netlify/functions/x.${extension}`]: `import { helper } from "../../lib/${helper}"\nexport default () => Response.json({ entry: ${PLACE}, helper })`,
      [`lib/${helper}`]: `export const helper = ${PLACE}`
    })
    t.same(await answer(app, 'x'), { entry: placeOf(join(root, `netlify/functions/x.${extension}`)), helper: placeOf(join(root, 'lib', helper)) })
  })
}

t.test('in a CommonJS function and its helpers, __dirname and __filename point at the source file', async (t) => {
  const { app, root } = await serve(t, {
    'netlify/functions/x.cjs': 'const helper = require("../../lib/place.cjs")\nexports.default = () => Response.json({ entry: [__dirname, __filename], helper })',
    'lib/place.cjs': 'module.exports = [__dirname, __filename]'
  })
  t.same(await answer(app, 'x'), {
    entry: [join(root, 'netlify/functions'), join(root, 'netlify/functions/x.cjs')],
    helper: [join(root, 'lib'), join(root, 'lib/place.cjs')]
  })
})

for (const extension of ['mts', 'cts']) {
  t.test(`import.meta as an object, in .${extension}`, async (t) => {
    const { app, root } = await serve(t, {
      [`netlify/functions/x.${extension}`]: 'const { url, dirname, filename } = import.meta\nexport default () => Response.json([url, dirname, filename])'
    })
    const file = join(root, `netlify/functions/x.${extension}`)
    t.same(await answer(app, 'x'), [pathToFileURL(file).href, join(file, '..'), file])
  })
}

t.test('import.meta.resolve() resolves for the source file', async (t) => {
  const { app, root } = await serve(t, {
    'netlify/functions/x.mts': 'export default () => Response.json([import.meta.resolve("./data.json"), import.meta.resolve("node:fs")])'
  })
  t.same(await answer(app, 'x'), [pathToFileURL(join(root, 'netlify/functions/data.json')).href, 'node:fs'])
})

for (const [extension, name] of [['mts', 'read'], ['cts', 'read'], ['mjs', 'read']] as const) {
  t.test(`new URL('./data.json', import.meta.url) reads the user's file, in .${extension}`, async (t) => {
    const { app, root } = await serve(t, {
      [`netlify/functions/${name}/${name}.${extension}`]: `import { readFile } from "node:fs/promises"
        export default async () => new Response(await readFile(new URL('./data.json', import.meta.url)))`,
      [`netlify/functions/${name}/data.json`]: '{ "who": "you" }'
    })
    t.same(await answer(app, name), JSON.parse(await readFile(join(root, `netlify/functions/${name}/data.json`), 'utf8')))
  })
}

t.test('a function may declare require, __dirname and __filename itself', async (t) => {
  const { app, root } = await serve(t, {
    'netlify/functions/x.mts': `import { createRequire } from 'node:module'
      import { dirname } from 'node:path'
      import { fileURLToPath } from 'node:url'
      import { helper } from '../../lib/helper.mjs'
      import common from '../../lib/common.cjs'
      const require = createRequire(import.meta.url)
      const __filename = fileURLToPath(import.meta.url)
      const __dirname = dirname(__filename)
      export default () => Response.json([__dirname, __filename, require('./data.json').who, require('cjs-package'), helper, common])`,
    'netlify/functions/data.json': '{ "who": "you" }',
    'netlify/functions/node_modules/cjs-package/package.json': '{ "name": "cjs-package", "main": "main.js" }',
    'netlify/functions/node_modules/cjs-package/main.js': 'module.exports = "package"',
    'lib/helper.mjs': `import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const __dirname = 'my own'
      export const helper = [__dirname, require('./other.json').other]`,
    'lib/other.json': '{ "other": true }',
    'lib/common.cjs': 'const { other } = require("./other.json")\nmodule.exports = [__dirname, other]'
  })
  t.same(await answer(app, 'x'), [join(root, 'netlify/functions'), join(root, 'netlify/functions/x.mts'), 'you', 'package', ['my own', true], [join(root, 'lib'), true]])
})

t.test('the names are also those of parameters and properties, which stay', async (t) => {
  const { app } = await serve(t, {
    'netlify/functions/x.mts': `const show = (__dirname) => ({ __dirname, meta: { __filename: 'property' }.__filename, text: 'import.meta.url' })
      export default () => Response.json(show('parameter'))`
  })
  t.same(await answer(app, 'x'), { __dirname: 'parameter', meta: 'property', text: 'import.meta.url' })
})

t.test('a hashbang and a "use strict" stay in force', async (t) => {
  const { app, root } = await serve(t, {
    'netlify/functions/bang.mjs': '#!/usr/bin/env node\nexport default () => Response.json(import.meta.filename)',
    'netlify/functions/both.cjs': '#!/usr/bin/env node\n// A licence.\n\'use strict\'\nexports.default = () => Response.json((function () { return [this === undefined, __filename] })())',
    'netlify/functions/strict.cjs': '/* A licence. */ "use strict";\nexports.default = () => Response.json((function () { return [this === undefined, __filename] })())',
    'netlify/functions/sloppy.cjs': 'exports.default = () => Response.json((function () { return [this === undefined, __filename] })())'
  })
  const functions = join(root, 'netlify/functions')
  t.equal(await answer(app, 'bang'), join(functions, 'bang.mjs'))
  t.same(await answer(app, 'both'), [true, join(functions, 'both.cjs')])
  t.same(await answer(app, 'strict'), [true, join(functions, 'strict.cjs')])
  t.same(await answer(app, 'sloppy'), [false, join(functions, 'sloppy.cjs')])
})

for (const below of ['with space', 'c#', '100%25', 'caf\u00e9', 'it\'s "quoted"', '[id]', 'a?b']) {
  t.test(`a site may lie in a directory named ${below}`, async (t) => {
    const { app, root } = await serve(t, {
      'netlify/functions/x.mts': 'import dep from "dep"\nexport default () => Response.json([import.meta.url, __filename, dep])',
      'netlify/functions/y.cts': 'import dep from "dep"\nexport default () => Response.json([import.meta.url, __filename, dep])',
      'node_modules/dep/package.json': '{ "name": "dep" }',
      'node_modules/dep/index.js': 'module.exports = "dep"'
    }, below)
    for (const file of ['x.mts', 'y.cts']) {
      const path = join(root, 'netlify/functions', file)
      t.same(await answer(app, file.slice(0, 1)), [pathToFileURL(path).href, path, 'dep'], file)
    }
  })
}
