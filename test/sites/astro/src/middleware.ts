import { defineMiddleware } from 'astro:middleware'

export const onRequest = defineMiddleware(async (context, next) => {
  const visits = (context.cookies.get('visits')?.number() ?? 0) + 1
  context.locals.visits = visits
  if (!context.isPrerendered) context.cookies.set('visits', String(visits), { path: '/', httpOnly: true })
  const response = await next()
  response.headers.set('x-middleware', 'ran')
  return response
})
