import type { Context } from '@netlify/functions'
import type { FastifyInstance } from 'fastify'

/** One request that every server has to answer with the same reply. */
export interface Workload {
  readonly title: string
  readonly method: 'GET' | 'POST'
  /** Path with parameters, as Fastify, Hono and Netlify all write it. */
  readonly route: string
  /** The path that is requested. */
  readonly path: string
  readonly body?: string
  /** The Netlify function, for servers that call it with a `Request`. */
  readonly handler: (request: Request, context: Pick<Context, 'params'>) => Promise<Response>
  /** Adds the same as a hand-written Fastify route. */
  readonly addRoute: (app: FastifyInstance) => void
}
