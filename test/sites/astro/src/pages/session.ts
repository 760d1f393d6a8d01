import type { APIRoute } from 'astro'

export const GET: APIRoute = async ({ session }) => {
  const count = (await session?.get<number>('count') ?? 0) + 1
  session?.set('count', count)
  return Response.json({ count })
}
