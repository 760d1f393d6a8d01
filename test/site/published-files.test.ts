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
