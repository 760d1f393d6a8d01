import type { Config, Context } from '@netlify/functions'

export default async (_req: Request, context: Context): Promise<Response> => {
  return new Response(`Hello, ${context.params.name}!`)
}

export const config: Config = { path: '/greet/:name' }
