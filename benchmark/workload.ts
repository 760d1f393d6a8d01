import type { RequestListener } from 'node:http'
import type { Context } from '@netlify/functions'
import type { FastifyInstance } from 'fastify'
import type { ContestGoal } from './goal.ts'

/** One request that several servers have to answer with the same reply. */
export interface Workload {
  readonly title: string
  readonly method: 'GET' | 'POST'
  /** Path with parameters, as Fastify, Hono and Netlify all write it. */
  readonly route: string
  /** The path that is requested. */
  readonly path: string
  /** Servers that are asked for another one. */
  readonly pathOf?: Readonly<Record<string, string>>
  readonly body?: string
  /** Who takes part: names of files in `servers/`. The others are compared with the first one. */
  readonly servers: readonly string[]
  readonly goals: readonly ContestGoal[]
  /** Of one burst. @default 2_000 */
  readonly requests?: number
  /** @default 50 */
  readonly connections?: number
  /** The directory of the site that the plugin serves. @default 'site' */
  readonly site?: string
  /** The Netlify function, for servers that call it with a `Request`. */
  readonly handler?: (request: Request, context: Pick<Context, 'params'>) => Response | Promise<Response>
  /** Adds the same as a hand-written Fastify route. */
  readonly addRoute?: (app: FastifyInstance) => void
  /** Does the same by hand on `node:http`, for this path only. */
  readonly listener?: RequestListener
}

export function pathOn ({ path, pathOf = {} }: Workload, server: string): string {
  return pathOf[server] ?? path
}
