import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { listPublishedFiles } from '../../lib/site/published-files.ts'
import { createSite } from '../helper.ts'

t.test('a path finds a file by its name, then by what it may lack, in Netlify\'s order', async (t) => {
  const names = ['index.html', 'about.html', 'about/index.html', 'both', 'both.html', 'old.htm', 'docs/index.htm', 'docs/a b.txt', 'é.html', '100%.txt', 'html', '.html']
  const root = await createSite(t, Object.fromEntries(names.map((name) => [name, name])))
  const files = await listPublishedFiles(root, { dotfiles: true, except: [] })
  const found = {
    '/': 'index.html',
    '/index.html': 'index.html',
    '/index': 'index.html',
    '/about': 'about.html',
    '/about/': 'about.html',
    '/about.html': 'about.html',
    '/about/index': 'about/index.html',
    '/both': 'both',
    '/old': 'old.htm',
    '/docs': 'docs/index.htm',
    '/docs/a%20b.txt': 'docs/a b.txt',
    '/%C3%A9': 'é.html',
    '/%61bout': 'about.html',
    '/100%25.txt': '100%.txt',
    '/html': 'html'
  }
  for (const [path, file] of Object.entries(found)) t.equal(files.find(path), file, path)
  for (const path of ['/About', '//about', '/about//', '/nothing', '/docs%2Findex.htm', '/docs%5Cindex.htm', '/about%00', '/%zz', '/100%.txt', '*']) t.equal(files.find(path), undefined, path)
})

t.test('without an index.html, nothing is the home page', async (t) => {
  const root = await createSite(t, { 'public/html': 'x', 'public/.html': 'x' })
  const files = await listPublishedFiles(join(root, 'public'), { dotfiles: true, except: [] })
  t.equal(files.find('/'), undefined)
})

t.test('a path is misplaced where it has a slash too many, or lacks the one of a directory', async (t) => {
  const names = ['index.html', 'file.html', 'plain.txt', 'folder/index.html', 'old/index.htm', 'both.html', 'both/index.html', 'ü/index.html']
  const root = await createSite(t, Object.fromEntries(names.map((name) => [name, name])))
  const files = await listPublishedFiles(root, { dotfiles: false, except: [] })
  for (const path of ['/', '/index', '/index.html', '/file', '/file.html', '/plain.txt', '/folder/', '/folder/index', '/folder/index.html', '/old/', '/both', '/both.html', '/both/index.html', '/%C3%BC/']) t.equal(files.isMisplaced(path), false, path)
  for (const path of ['/file/', '/file.html/', '/plain.txt/', '/folder', '/folder/index.html/', '/old', '/both/', '/%C3%BC', '/u%CC%88']) t.equal(files.isMisplaced(path), true, path)
})

t.test('a letter with an accent is found however it is written, by the disk or by the client', async (t) => {
  const root = await createSite(t, { 'caf\u00e9.txt': 'composed', 'nin\u0303o.txt': 'decomposed' })
  const files = await listPublishedFiles(root, { dotfiles: false, except: [] })
  for (const path of ['/caf%C3%A9.txt', '/cafe%CC%81.txt']) t.equal(files.find(path), 'caf\u00e9.txt', path)
  for (const path of ['/ni%C3%B1o.txt', '/nin%CC%83o.txt']) t.equal(files.find(path), 'nin\u0303o.txt', path)
})

t.test('what lies beside a file, compressed', async (t) => {
  const names = ['a.js', 'a.js.gz', 'a.js.br', 'b.css', 'b.css.gz', 'c.txt', 'alone.br']
  const root = await createSite(t, Object.fromEntries(names.map((name) => [name, name])))
  const files = await listPublishedFiles(root, { dotfiles: false, except: [] })
  t.strictSame(files.compressed('a.js'), [{ file: 'a.js.br', encoding: 'br' }, { file: 'a.js.gz', encoding: 'gzip' }])
  t.strictSame(files.compressed('b.css'), [{ file: 'b.css.gz', encoding: 'gzip' }])
  for (const name of ['c.txt', 'alone', 'alone.br', 'a.js.gz']) t.equal(files.compressed(name), undefined, name)
})

t.test('secrets are not published with other names that start with a dot, nor under other names', async (t) => {
  const names = ['.env', '.env.production', '.ENV.local', '.git/config', 'app/.env.local', 'app/.git', '.well-known/x.txt', '.environment/x.txt', '.gitignore', 'env']
  const root = await createSite(t, Object.fromEntries(names.map((name) => [name, name])))
  await symlink(join(root, '.env'), join(root, 'linked.txt'))
  await symlink(join(root, '.git/config'), join(root, 'config.txt'))
  const files = await listPublishedFiles(root, { dotfiles: true, except: [] })
  const found = [...names, 'linked.txt', 'config.txt'].filter((name) => files.find(`/${name}`) !== undefined)
  t.strictSame(found, ['.well-known/x.txt', '.environment/x.txt', '.gitignore', 'env'])
})
