import type { Config } from '@netlify/functions'

export default async (): Promise<Response> => new Response('There is no such file', { status: 404 })

export const config: Config = { path: '/files/*', preferStatic: true }
