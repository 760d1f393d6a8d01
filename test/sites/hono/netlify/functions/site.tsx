import { Hono } from 'hono'
import { contextStorage, getContext } from 'hono/context-storage'
import { getCookie, setCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { handle, type Env } from 'hono/netlify'
import { stream, streamSSE } from 'hono/streaming'
import { nameOfCaller } from '../../lib/caller.js'

const app = new Hono<Env & { Variables: { name: string } }>()

app.use(contextStorage())
app.use('/api/*', cors())

app.get('/hello/:name', async (c) => {
  c.set('name', c.req.param('name'))
  await null
  return c.html(<html lang='en'><body><h1>Hello, {nameOfCaller(() => getContext<{ Variables: { name: string } }>())}!</h1></body></html>)
})

app.get('/api/context', (c) => c.json({ site: c.env.context.site.name, agent: c.req.header('user-agent'), tags: c.req.queries('tag') }))
app.post('/api/items', async (c) => c.json({ got: await c.req.json() }, 201))
app.post('/api/upload', async (c) => {
  const { file } = await c.req.parseBody()
  return c.json(file instanceof File ? { name: file.name, size: file.size } : null)
})
app.post('/api/bytes', async (c) => c.body(await c.req.arrayBuffer()))
app.delete('/api/items/:id', (c) => c.body(null, 204))

app.get('/cookies', (c) => {
  setCookie(c, 'first', '1', { path: '/' })
  setCookie(c, 'second', 'a b', { httpOnly: true, sameSite: 'Lax' })
  return c.text(getCookie(c, 'seen') ?? 'none')
})

app.get('/events', (c) => streamSSE(c, async (events) => {
  for (const id of ['1', '2', '3']) {
    await events.writeSSE({ event: 'tick', data: `number ${id}`, id })
    await events.sleep(50)
  }
}))
app.get('/endless', (c) => stream(c, async (output) => {
  output.onAbort(() => {
    const channel = new BroadcastChannel('hono')
    channel.postMessage('the client has left')
    channel.close()
  })
  while (!output.aborted) {
    await output.write('more\n')
    await output.sleep(10)
  }
}))

app.get('/cached', etag(), (c) => c.text('always the same'))
app.get('/old', (c) => c.redirect('/hello/old', 301))
app.get('/admin', () => { throw new HTTPException(401, { message: 'Who are you?' }) })
app.get('/broken', () => { throw new Error('on purpose') })

app.onError((error, c) => error instanceof HTTPException ? error.getResponse() : c.text(`Failed ${error.message}`, 500))
app.notFound((c) => c.text(`Hono has no ${new URL(c.req.url).pathname}`, 404))

export default handle(app)

export const config = { path: '/*', preferStatic: true }
