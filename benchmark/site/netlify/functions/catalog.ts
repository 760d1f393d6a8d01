import type { Config } from '@netlify/functions'
import { Hono } from 'hono'

const app = new Hono()
app.get('/catalog/:section/:item', (context) => {
  const { section, item } = context.req.param()
  return context.json({ section, item, inStock: true })
})

export default (request: Request): Response | Promise<Response> => app.fetch(request)

export const config: Config = { path: '/catalog/*' }
