import type { Config, Context } from '@netlify/functions'

export default async (_request: Request, { params }: Pick<Context, 'params'>): Promise<Response> => new Response(`You're visiting ${params.city} in ${params.country}!`)

export const config: Config = { path: '/travel/:country/:city' }
