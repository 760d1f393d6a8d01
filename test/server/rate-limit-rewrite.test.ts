import t from 'tap'
import { createApp, type SiteFiles } from '../helper.ts'

/** A site whose function `x` may be called once; `to` answers further calls. */
function site (to: string, files: SiteFiles = {}): SiteFiles {
  const config = { path: '/x/:id', rateLimit: { windowLimit: 1, windowSize: 60, action: 'rewrite', to } }
  return {
    'netlify/functions/x.mts': `export default () => new Response("x")\nexport const config = ${JSON.stringify(config)}`,
    'public/slow-down.html': '<h1>Slow down</h1>',
    ...files
  }
}

const publish = { publish: 'public' }

t.test('with the action "rewrite" a file of the site answers calls over the limit', async (t) => {
  for (const to of ['/slow-down.html', '/slow-down', '/slow-down?from=x']) {
    const app = await createApp(t, site(to), publish)
    t.equal((await app.inject('/x/1')).body, 'x')
    for (let time = 0; time < 2; time++) {
      t.match(await app.inject('/x/2'), { statusCode: 200, body: '<h1>Slow down</h1>', headers: { 'content-type': /^text\/html/, 'x-ratelimit-remaining': '0', 'retry-after': '60' } })
    }
  }
})

t.test('a function answers them, and sees the URL that was called', async (t) => {
  const app = await createApp(t, site('/later/soon', {
    'netlify/functions/later.mts': 'export default async (req, { params, url }) => Response.json([req.method, url.pathname, params, await req.text()], { status: 503 })\nexport const config = { path: "/later/:when" }'
  }))
  await app.inject('/x/1')
  const response = await app.inject({ method: 'POST', url: '/x/2', payload: 'body' })
  t.equal(response.statusCode, 503)
  t.same(response.json(), ['POST', '/x/2', { when: 'soon' }, 'body'])
})

t.test('a function under its default URL answers them', async (t) => {
  const app = await createApp(t, site('/.netlify/functions/later', { 'netlify/functions/later.mts': 'export default () => new Response("later")' }))
  await app.inject('/x/1')
  t.equal((await app.inject('/x/2')).body, 'later')
})

t.test('the path is one of the site, below its prefix', async (t) => {
  const app = await createApp(t, site('/slow-down'), { ...publish, prefix: '/shop' })
  await app.inject('/shop/x/1')
  t.equal((await app.inject('/shop/x/2')).body, '<h1>Slow down</h1>')
})

t.test('429 where the path is nothing that could answer', async (t) => {
  const sites = {
    'no such path': site('/nowhere', { 'public/404.html': 'not found' }),
    'no such function': site('/.netlify/functions/nobody'),
    'a function that has a path': site('/.netlify/functions/x'),
    'a scheduled function': site('/.netlify/functions/daily', { 'netlify/functions/daily.mts': 'export default () => {}\nexport const config = { schedule: "@daily" }' }),
    'out of the site': site('/../../etc/passwd')
  }
  for (const [title, files] of Object.entries(sites)) {
    const app = await createApp(t, files, publish)
    await app.inject('/x/1')
    t.match((await app.inject('/x/2')).json(), { statusCode: 429, code: 'FST_NETLIFY_RATE_LIMITED' }, title)
  }
})

t.test('a file does not answer a POST: 429', async (t) => {
  const app = await createApp(t, site('/slow-down'), publish)
  await app.inject('/x/1')
  t.equal((await app.inject({ method: 'POST', url: '/x/2' })).statusCode, 429)
})

t.test('functions that rewrite to each other do not go round in circles', async (t) => {
  const config = (path: string, to: string): string => JSON.stringify({ path, rateLimit: { windowLimit: 1, windowSize: 60, action: 'rewrite', to } })
  const app = await createApp(t, {
    'netlify/functions/a.mts': `export default () => new Response("a")\nexport const config = ${config('/a', '/b')}`,
    'netlify/functions/b.mts': `export default () => new Response("b")\nexport const config = ${config('/b', '/a')}`
  })
  const bodies: string[] = []
  for (const url of ['/a', '/b', '/a', '/b']) bodies.push((await app.inject(url)).body)
  t.same(bodies, ['a', 'b', 'b', 'a'])
})
