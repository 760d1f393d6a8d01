import t from 'tap'
import type { FastifyInstance } from 'fastify'
import { createApp, type SiteFiles } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'

/** Files of as many functions, with the path of each. */
function functions (count: number, path: (index: number) => string): SiteFiles {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`netlify/functions/f${index}.mjs`, echoFunction(`f${index}`, { path: path(index) })]))
}

async function name (app: FastifyInstance, url: string): Promise<string> {
  const response = await app.inject(url)
  return response.statusCode === 200 ? response.json<Echo>().name : String(response.statusCode)
}

// Fastify's router has room for 31 constrained routes of one URL.
t.test('a hundred patterns share one prefix', async (t) => {
  const app = await createApp(t, functions(100, (index) => `/api/:x/a${index}`))
  for (const index of [0, 30, 31, 32, 63, 99]) t.equal(await name(app, `/api/1/a${index}`), `f${index}`)
  t.equal(await name(app, '/api/1/a100'), '404')
})

t.test('a hundred patterns without a fixed start', async (t) => {
  const app = await createApp(t, functions(100, (index) => `/:x/a${index}/*`))
  for (const index of [0, 31, 99]) t.equal(await name(app, `/1/a${index}/x/y`), `f${index}`)
  t.equal(await name(app, '/1/a99'), '404')
})

t.test('a hundred paths of one function differ in case and in a slash only', async (t) => {
  const path = Array.from({ length: 100 }, (_, index) => [...'abcdefg'].map((letter, bit) => index & 2 ** bit ? letter.toUpperCase() : letter).join(''))
  const app = await createApp(t, { 'netlify/functions/many.mjs': echoFunction('many', { path: path.flatMap((spelling) => [`/${spelling}`, `/${spelling}/`]) }) })
  for (const url of ['/abcdefg', '/ABCdefg', '/ABCDEFG/']) t.equal(await name(app, url), 'many')
})

t.test('five hundred literal paths of one function', async (t) => {
  const app = await createApp(t, { 'netlify/functions/many.mjs': echoFunction('many', { path: Array.from({ length: 500 }, (_, index) => `/page-${index}/x`) }) })
  for (const url of ['/page-0/x', '/page-499/x', '/PAGE-250/x/']) t.equal(await name(app, url), 'many')
  t.equal(await name(app, '/page-500/x'), '404')
})

t.test('a thousand functions boot, and each is found', { timeout: 60_000 }, async (t) => {
  const paths = [(index: number) => `/literal/${index}`, (index: number) => `/s${index}/:x`, (index: number) => `/shared/:x/${index}`, (index: number) => `/:x/end${index}`]
  const path = (index: number): string => paths[index % paths.length]!(index)
  const app = await createApp(t, functions(1000, path), {}, { pluginTimeout: 60_000 })
  for (const index of Array.from({ length: 50 }, (_, step) => step * 20 + step % 4)) t.equal(await name(app, path(index).replace(':x', 'v')), `f${index}`)
})
