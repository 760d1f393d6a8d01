import { readdir } from 'node:fs/promises'
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

/** Every workload of the directory, by file name. */
export async function loadWorkloads (): Promise<Map<string, Workload>> {
  const workloads = new Map<string, Workload>()
  for (const file of (await readdir(new URL('workloads/', import.meta.url))).sort()) {
    const { workload } = await import(new URL(`workloads/${file}`, import.meta.url).href) as { workload: Workload }
    workloads.set(file.replace(/\.[jt]s$/, ''), workload)
  }
  return workloads
}
