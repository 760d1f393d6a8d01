import { once, EventEmitter } from 'node:events'
import t from 'tap'
import { createApp, listen, type SiteFiles } from '../helper.ts'

/** Tells what the functions under test were called with. */
const probe = new EventEmitter()
Object.assign(globalThis, { formsProbe: probe })
t.beforeEach(() => { probe.removeAllListeners() })

const handler = `
  export default {
    async formSubmitted (event) {
      const photos = [event.data.photo ?? []].flat()
      const contents = await Promise.all(photos.map(async ({ url }) => await (await fetch(url)).text()))
      globalThis.formsProbe.emit('submitted', event, contents)
    }
  }`
const site: SiteFiles = {
  'public/index.html': 'home',
  'public/contact.html': 'the form',
  'public/thanks/index.html': 'thank you',
  'public/notes.txt': 'notes',
  'netlify/functions/hooks.mjs': handler
}
const options = { publish: 'public', forms: true } as const

interface Submission {
  readonly data: Record<string, unknown>
}

async function submitted (): Promise<[event: Submission, contents: string[]]> {
  return await once(probe, 'submitted') as [Submission, string[]]
}

t.test('a form that is posted to a page reaches formSubmitted, and goes on to that page', async (t) => {
  const app = await createApp(t, site, options)
  const origin = await listen(app)
  const [[event], response] = await Promise.all([
    submitted(),
    fetch(`${origin}/thanks?from=contact`, {
      method: 'POST',
      headers: { referer: `${origin}/contact`, 'user-agent': 'Browser' },
      body: new URLSearchParams([['name', 'Ädä'], ['topping', 'jam'], ['topping', 'butter'], ['__proto__', 'x']]),
      redirect: 'manual'
    })
  ])
  t.equal(response.status, 303)
  t.equal(response.headers.get('location'), '/thanks?from=contact')
  t.match(response.headers.get('x-nf-request-id'), /^[0-9A-Z]{26}$/)
  t.strictSame(Object.entries(event.data), [
    ['name', 'Ädä'], ['topping', ['jam', 'butter']], ['__proto__', 'x'], ['ip', '127.0.0.1'], ['user_agent', 'Browser'], ['referrer', `${origin}/contact`]
  ])
  t.strictSame(Object.keys(event), ['data'])
  const followed = await fetch(`${origin}/thanks`, { method: 'POST', body: new URLSearchParams({ name: 'Ada' }) })
  t.equal(await followed.text(), 'thank you')
})

t.test('files arrive with their name, type and size, and their content is at their url', async (t) => {
  const app = await createApp(t, site, options)
  const origin = await listen(app)
  const form = new FormData()
  form.append('name', 'Ada')
  form.append('photo', new File(['first'], 'a b.png', { type: 'image/png' }))
  form.append('photo', new File(['sécond'], 'ä.txt', { type: 'text/plain' }))
  form.append('none', new File([], ''))
  const [[event, contents], response] = await Promise.all([submitted(), fetch(`${origin}/contact`, { method: 'POST', body: form, redirect: 'manual' })])
  t.equal(response.status, 303)
  t.match(event.data, { name: 'Ada', photo: [{ filename: 'a b.png', size: 5, type: 'image/png' }, { filename: 'ä.txt', size: 7, type: 'text/plain' }] })
  t.notOk('none' in event.data, 'no file was chosen')
  t.strictSame(contents, ['first', 'sécond'])
})

t.test('a part that says it is JSON arrives as it was sent, and a file\'s type cannot change its content', async (t) => {
  const app = await createApp(t, site, options)
  const payload = [
    '--x', 'content-disposition: form-data; name="json"', 'content-type: application/json', '', '{"a":[1]}',
    '--x', 'content-disposition: form-data; name="photo"; filename="a"', 'content-type: text/plain,forged', '', 'sent',
    '--x--', ''
  ].join('\r\n')
  const [[event, contents]] = await Promise.all([submitted(), app.inject({ method: 'POST', url: '/contact', headers: { 'content-type': 'multipart/form-data; boundary=x' }, payload })])
  t.match(event.data, { json: '{"a":[1]}', photo: { filename: 'a', size: 4 } })
  t.strictSame(contents, ['sent'])
})

t.test('long names and values of a multipart form are whole', async (t) => {
  const app = await createApp(t, site, options)
  const origin = await listen(app)
  const [name, value, content] = ['n'.repeat(1000), 'v'.repeat(2 ** 21), 'c'.repeat(2 ** 21)]
  const form = new FormData()
  form.append(name, value)
  form.append('photo', new File([content], 'long.txt'))
  const [[event, contents]] = await Promise.all([submitted(), fetch(`${origin}/`, { method: 'POST', body: form, redirect: 'manual' })])
  t.equal(event.data[name], value)
  t.strictSame(contents, [content])
})

t.test('a form without an action, so posted to its own page, gets a page that says thank you', async (t) => {
  const app = await createApp(t, site, options)
  for (const [url, referer] of [['/contact', 'http://localhost/contact'], ['/contact/', 'http://localhost/contact?x=1#form'], ['/', 'http://localhost/']] as const) {
    const response = await app.inject({ method: 'POST', url, headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded', referer }, payload: 'name=Ada' })
    t.equal(response.statusCode, 200)
    t.equal(response.headers['content-type'], 'text/html; charset=utf-8')
    t.match(response.body, /Thank you!/)
    t.ok(response.body.includes(`href="${url}"`))
  }
  const other = await app.inject({ method: 'POST', url: '/contact', headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded', referer: 'http://other.example/contact' }, payload: '' })
  t.equal(other.statusCode, 303)
})

t.test('a function that is named submission-created gets Netlify\'s request, under the page\'s URL', async (t) => {
  const app = await createApp(t, {
    'public/contact.html': 'the form',
    'netlify/functions/submission-created.mjs': `
      export default async (request, context) => {
        globalThis.formsProbe.emit('submitted', { url: request.url, event: request.headers.get('x-netlify-event'), ip: context.ip, id: context.requestId, body: await request.json() })
        return new Response('not for the client', { status: 400 })
      }`
  }, { ...options, site: { url: 'https://bakery.example' } })
  const [[seen], response] = await Promise.all([
    submitted(),
    app.inject({ method: 'POST', url: '/contact?a=1', headers: { host: 'bakery.example', 'content-type': 'application/x-www-form-urlencoded', 'x-netlify-event': 'identity_login' }, payload: 'name=Ada&form-name=contact' })
  ])
  t.equal(response.statusCode, 303)
  t.match(seen, {
    url: 'http://bakery.example/contact?a=1',
    event: 'submission_created',
    ip: '127.0.0.1',
    id: response.headers['x-nf-request-id'] as string,
    body: { payload: { name: 'Ada', data: { 'form-name': 'contact' }, human_fields: { 'Form-name': 'contact' }, site_url: 'https://bakery.example' } }
  })
})

t.test('background handlers are queued before the client is answered', async (t) => {
  const app = await createApp(t, {
    'public/contact.html': 'the form',
    'netlify/functions/submission-created-background.mjs': 'export default async (request) => { globalThis.formsProbe.emit("submitted", (await request.json()).payload) }'
  }, options)
  await app.ready()
  const [[event], response] = await Promise.all([submitted(), app.inject({ method: 'POST', url: '/contact', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'name=Ada' })])
  t.equal(response.statusCode, 303)
  t.match(event.data, { name: 'Ada' })
})
