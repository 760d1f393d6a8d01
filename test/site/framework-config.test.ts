import { join } from 'node:path'
import t from 'tap'
import { readToml, type SiteToml } from '../../lib/site/toml.ts'
import { createApp, createSite, type SiteFiles } from '../helper.ts'

async function read (t: Parameters<typeof createSite>[0], files: SiteFiles): Promise<SiteToml & { root: string }> {
  const root = await createSite(t, files)
  return { root, ...await readToml({ root, file: join(root, 'netlify.toml'), explicit: false, context: 'production', branch: '' }) }
}

const config = JSON.stringify({
  build: { publish: 'client', functions: 'api', base: 'elsewhere', environment: { A: '1' }, command: 'make' },
  functions: { '*': { region: 'cmh' }, ssr: { memory: 2048, included_files: ['a'] } },
  images: { remote_images: ['^https://cdn\\.example/.*$'] },
  headers: [{ for: '/_astro/*', values: { 'Cache-Control': 'immutable' } }],
  redirects: [{ from: '/a', to: '/framework' }],
  'redirects!': [{ from: '/b', to: '/first' }],
  edge_functions: 5,
  unknown: true
})

t.test('what a framework says about the site counts where netlify.toml says nothing', async (t) => {
  const found = await read(t, { '.netlify/v1/config.json': config })
  t.match(found, {
    file: undefined,
    base: found.root,
    publish: join(found.root, 'client'),
    functions: join(found.root, 'api'),
    images: { remoteImages: ['^https://cdn\\.example/.*$'] },
    redirects: [{ from: '/a', to: '/framework' }],
    firstRedirects: [{ from: '/b', to: '/first' }],
    headers: [{ for: '/_astro/*', values: { 'Cache-Control': 'immutable' } }]
  })
  t.strictSame(found.environment, {})
  t.strictSame(found.overridesFor('ssr'), { region: 'cmh', memory: 2048, includedFiles: ['a'] })
})

t.test('what the user says counts more, and rules of the user come first', async (t) => {
  const found = await read(t, {
    '.netlify/v1/config.json': config,
    'netlify.toml': `
      [build]
      publish = "dist"
      [functions.ssr]
      memory = 1024
      [images]
      remote_images = ["https://mine.example/.*"]
      [[redirects]]
      from = "/a"
      to = "/user"
      [[headers]]
      for = "/*"
      [headers.values]
      x-user = "1"`
  })
  t.equal(found.publish, join(found.root, 'dist'))
  t.strictSame(found.overridesFor('ssr'), { region: 'cmh', memory: 1024, includedFiles: ['a'] })
  t.strictSame(found.images.remoteImages, ['https://mine.example/.*', '^https://cdn\\.example/.*$'])
  t.strictSame(found.redirects.map(({ to }) => to), ['/user', '/framework'])
  t.strictSame(found.headers.map((rule) => rule.for), ['/*', '/_astro/*'])
})

t.test('it is looked for in the base directory, then at the root, then in the place of the first version', async (t) => {
  const at = (publish: string): string => JSON.stringify({ build: { publish } })
  const toml = '[build]\nbase = "site"'
  const places: SiteFiles = { 'site/.netlify/v1/config.json': at('base'), '.netlify/v1/config.json': at('root'), '.netlify/deploy/v1/config.json': at('first') }
  const all = await read(t, { 'netlify.toml': toml, ...places })
  t.equal(all.publish, join(all.root, 'site/base'))
  const { 'site/.netlify/v1/config.json': _, ...others } = places
  const atRoot = await read(t, { 'netlify.toml': toml, ...others })
  t.equal(atRoot.publish, join(atRoot.root, 'site/root'))
  const first = await read(t, { '.netlify/deploy/v1/config.json': at('first') })
  t.equal(first.publish, join(first.root, 'first'))
})

const broken: Array<[config: string, problem: RegExp]> = [
  ['{ "redirects": [', /config\.json, which the build of a framework has written, cannot be used: .*JSON.*; build the site again$/],
  ['[]', /cannot be used: it must be an object;/],
  ['null', /cannot be used: it must be an object;/],
  ['{ "redirects": "/a /b" }', /cannot be used: "redirects" must be an array of tables;/],
  ['{ "redirects!": [5] }', /cannot be used: "redirects!" must be an array of tables;/],
  ['{ "headers": {} }', /cannot be used: "headers" must be an array of tables;/],
  ['{ "images": { "remote_images": [5] } }', /cannot be used: "images\.remote_images" must be an array of strings;/],
  ['{ "functions": { "ssr": { "memory": 5 } } }', /cannot be used: "functions\.ssr\.memory": Too small/],
  ['{ "build": null }', /cannot be used: "build" must be a table;/]
]

for (const [content, message] of broken) {
  t.test(`a config.json that holds ${content} stops the boot and says why`, async (t) => {
    await t.rejects(createApp(t, { '.netlify/v1/config.json': content }), { code: 'FST_NETLIFY_INVALID_FRAMEWORK_CONFIG', message })
  })
}
