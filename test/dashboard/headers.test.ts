import { Writable } from 'node:stream'
import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createSite } from '../helper.ts'
import { BASE, createDashboardApp, files } from './site.ts'

t.test('pages load nothing from elsewhere, are in no frame and in no cache', async (t) => {
  const app = await createDashboardApp(t)
  for (const path of ['', '/functions/hello', '/jobs', '/schedules', '/builds', '/nothing/there']) {
    const { headers, body } = await app.inject(BASE + path)
    t.equal(headers['content-security-policy'], 'default-src \'none\'; script-src \'self\'; style-src \'self\'; img-src \'self\'; connect-src \'self\'; form-action \'self\'; frame-ancestors \'none\'; base-uri \'none\'')
    t.match(headers, {
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'content-type': 'text/html; charset=utf-8'
    })
    t.notMatch(body, /<style|<script(?! src="\/\.netlify)|\sstyle=|\son[a-z]+=|javascript:/, 'nothing that the policy forbids')
    t.notMatch(body, /(src|href|action)="(https?:)?\/\/(?!docs\.netlify\.com)/, 'links to the documentation aside')
  }
})

t.test('what pages load may be kept for good, and is named by its content', async (t) => {
  const app = await createDashboardApp(t)
  const { body } = await app.inject(BASE)
  const paths = [...body.matchAll(/(?:src|href)="([^"]+\/assets\/[^"]+)"/g)].map(([, path]) => String(path))
  t.equal(paths.length, 5)
  for (const path of paths) {
    const { statusCode, headers, body } = await app.inject(path)
    t.equal(statusCode, 200, path)
    t.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
    t.ok(body.length > 100)
    t.equal((await app.inject(path.replace(/assets\/[^/]+/, 'assets/0000000000000000'))).statusCode, 404)
  }
  for (const file of ['nothing.js', '..%2f..%2fdashboard.ts', 'page.ts']) {
    t.equal((await app.inject(paths[0]!.replace(/[^/]+$/, file))).statusCode, 404, file)
  }
})

t.test('the page and its script are small', async (t) => {
  const app = await createDashboardApp(t)
  const { body } = await app.inject(BASE)
  const own = ['main', 'live-log', 'morph', 'plots'].map((name) => String(/src="([^"]+\/)main\.(ts|js)"/.exec(body)?.[1]) + name)
  const sizes = await Promise.all(own.map(async (path) => (await app.inject(`${path}.ts`)).body.length))
  t.ok(sizes.reduce((sum, size) => sum + size, 0) < 20_000, sizes.join(' + '))
})

t.test('its routes are in no OpenAPI document, and its requests in no log', async (t) => {
  const root = await createSite(t, files)
  let log = ''
  const stream = new Writable({ write (chunk, _encoding, done) { log += String(chunk); done() } })
  const app = Fastify({ logger: { level: 'info', stream } })
  t.teardown(async () => { await app.close() })
  await app.register(swagger)
  await app.register(netlifyFunctions, { root, dashboard: true, isolation: 'inline' })
  await app.ready()
  t.notMatch(JSON.stringify(app.swagger()), 'dashboard')
  t.equal((await app.inject(BASE)).statusCode, 200)
  t.notMatch(log, 'dashboard')
})
