import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import Fastify from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { createApp, createSite, listen } from '../helper.ts'
import { echoFunction } from './echo-function.ts'
import { sendRaw } from './raw-request.ts'

t.test('no request target leads out of the published directory', async (t) => {
  const app = await createApp(t, {
    'secret.txt': 'secret',
    'public-secret/secret.txt': 'secret',
    'public/index.html': 'home',
    'public/dir/page.html': 'page'
  }, { publish: 'public' })
  const origin = await listen(app)
  const root = '/etc/passwd'
  for (const target of [
    '/../secret.txt', '/../../../../../../etc/passwd', '/dir/../../secret.txt', '/%2e%2e/secret.txt', '/%2E%2E%2Fsecret.txt', '/..%2fsecret.txt', '/dir/..%2f..%2fsecret.txt',
    '/..%5csecret.txt', '/..\\secret.txt', '\\..\\secret.txt', '/dir\\..\\..\\secret.txt', '/%5c..%5csecret.txt', '/..%c0%afsecret.txt', '/%252e%252e/secret.txt', '/..;/secret.txt',
    '/.../secret.txt', '/./../secret.txt', '/index.html%00', '/index.html%00.txt', '/%00', '/../public-secret/secret.txt', '//etc/passwd', root, `/${root}`, `file://${root}`, `${origin}/../secret.txt`,
    '/dir%2fpage.html', '/dir%5cpage.html', '/C:/secret.txt', '/dir/page.html/..%2f..%2f..%2fsecret.txt'
  ]) {
    const { status, body } = await sendRaw(origin, `GET ${target}`)
    t.ok([400, 404].includes(status), `${target}: ${status}`)
    t.notMatch(body, /secret$|root:/)
  }
})

t.test('dot files are served only when asked for', async (t) => {
  const files = {
    'public/.env': 'secret',
    'public/.git/config': 'secret',
    'public/dir/.hidden/page.html': 'secret',
    'public/dir/.htaccess': 'secret',
    'public/.well-known/security.txt': 'secret',
    'public/.html': 'secret'
  }
  const closed = await createApp(t, { ...files, 'public/page.html': 'page' }, { publish: 'public' })
  const open = await createApp(t, files, { publish: { directory: 'public', dotfiles: true } })
  for (const file of Object.keys(files)) {
    const url = file.replace('public', '')
    t.equal((await closed.inject(url)).statusCode, 404, url)
    t.equal((await closed.inject(url.replaceAll('.', '%2e'))).statusCode, 404, url)
    const { statusCode, body } = await open.inject(url)
    if (/\.(?:env|git)/.test(url)) t.equal(statusCode, 404, url)
    else t.strictSame([statusCode, body], [200, 'secret'], url)
  }
  t.equal((await closed.inject('/dir/.hidden/page')).statusCode, 404)
  t.equal((await closed.inject('/page')).body, 'page')
})

t.test('configuration and functions are never served, even if the root is what is published', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[build]\npublish = "."',
    _redirects: 'secret',
    _headers: 'secret',
    'index.html': 'home',
    'netlify/functions/named.mjs': echoFunction('named'),
    'netlify/functions/dir/index.mjs': echoFunction('dir'),
    'netlify/functions/dir/data.json': '{}',
    'node_modules/package/index.js': 'secret',
    '.netlify/functions-internal/x.txt': 'secret',
    '.netlify/state.json': 'secret',
    '.env': 'KEY=secret',
    'packages/app/.env.local': 'KEY=secret',
    '.git/config': 'secret'
  }, { publish: { directory: '.', dotfiles: true } })
  t.equal((await app.inject('/')).body, 'home')
  for (const url of [
    '/netlify.toml', '/_redirects', '/_headers', '/netlify/functions/named.mjs', '/netlify/functions/named', '/netlify/functions/dir', '/netlify/functions/dir/data.json',
    '/node_modules/package/index.js', '/.netlify/state.json', '/.netlify/functions-internal/x.txt', '/NETLIFY.toml', '/%5fredirects', '/.env', '/%2eenv', '/packages/app/.env.local', '/.git/config'
  ]) t.equal((await app.inject(url)).statusCode, 404, url)
})

t.test('the netlify.toml that is read is not served, wherever it is', async (t) => {
  const app = await createApp(t, { 'config/site.toml': '[build]\npublish = "."', 'config/page.html': 'page', 'config/netlify/functions/named.mjs': echoFunction('named') }, { config: 'config/site.toml' })
  t.equal((await app.inject('/page')).body, 'page')
  for (const url of ['/site.toml', '/netlify/functions/named.mjs']) t.equal((await app.inject(url)).statusCode, 404, url)
})

t.test('functions of several directories are not served', async (t) => {
  const app = await createApp(t, { 'site/one/a.mjs': echoFunction('a'), 'site/two/b.mjs': echoFunction('b'), 'site/page.html': 'page' }, { functions: ['site/one', 'site/two'], publish: 'site' })
  t.equal((await app.inject('/page')).body, 'page')
  for (const url of ['/one/a.mjs', '/two/b.mjs']) t.equal((await app.inject(url)).statusCode, 404, url)
})

t.test('neither are functions that a symbolic link leads to', async (t) => {
  const root = await createSite(t, { 'netlify/functions/named.mjs': echoFunction('named'), 'page.html': 'page' })
  await symlink(join(root, 'netlify/functions/named.mjs'), join(root, 'copy.txt'))
  await mkdir(join(root, 'elsewhere'))
  await symlink(root, join(root, 'elsewhere/published'))
  for (const publish of ['.', 'elsewhere/published']) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(netlifyFunctions, { root, publish })
    t.equal((await app.inject('/page')).body, 'page')
    for (const url of ['/copy.txt', '/netlify/functions/named.mjs']) t.equal((await app.inject(url)).statusCode, 404, `${url} of ${publish}`)
  }
})

t.test('a directory below `.netlify`, where frameworks build, can be published', async (t) => {
  const app = await createApp(t, { '.netlify/static/page.html': 'page' }, { publish: '.netlify/static' })
  t.equal((await app.inject('/page')).body, 'page')
})

t.test('a symbolic link out of the published directory is not served', async (t) => {
  const root = await createSite(t, { 'secret/secret.txt': 'secret', 'public/real.txt': 'real', 'public/dir/page.html': 'page' })
  const link = async (target: string, path: string): Promise<void> => await symlink(join(root, target), join(root, 'public', path))
  await link('secret/secret.txt', 'out.txt')
  await link('secret', 'out')
  await link('public/real.txt', 'inside.txt')
  await link('public/nothing.txt', 'dangling.txt')
  await link('public', 'dir/loop')
  await mkdir(join(root, 'elsewhere'))
  await symlink(join(root, 'public'), join(root, 'elsewhere/published'))

  for (const publish of ['public', 'elsewhere/published']) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(netlifyFunctions, { root, publish })
    for (const url of ['/out.txt', '/out/secret.txt', '/out/secret', '/dangling.txt']) t.equal((await app.inject(url)).statusCode, 404, url)
    t.equal((await app.inject('/inside.txt')).body, 'real')
    t.equal((await app.inject('/dir/page')).body, 'page')
  }
})

t.test('files that Netlify reads are never served, in whatever case, nor by a symbolic link', async (t) => {
  const root = await createSite(t, { 'public/page.html': 'page', 'public/_headers': '/*\n  x-rule: yes', 'public/_Redirects': 'secret', 'public/Netlify.TOML': 'secret', 'public/docs/_headers': 'a page of its own' })
  await symlink(join(root, 'public/_headers'), join(root, 'public/copy.txt'))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, publish: 'public' })
  for (const url of ['/_headers', '/_Headers', '/%5Fheaders', '/_headers/', '/_redirects', '/_Redirects', '/netlify.toml', '/Netlify.TOML', '/copy.txt', '/x/../_headers', '/x/%2e%2e/_headers']) t.equal((await app.inject(url)).statusCode, 404, url)
  t.equal((await app.inject('/docs/_headers')).body, 'a page of its own')
  t.match(await app.inject('/page'), { statusCode: 200, headers: { 'x-rule': 'yes' } })
})
