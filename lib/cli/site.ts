import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { netlifyFunctions, type FunctionInfo, type NetlifyFunctionsOptions } from '../index.ts'
import { failure, usage } from './failure.ts'
import { openMemory } from './queue.ts'
import { toLine } from './text.ts'

/** Commands whose name somebody may have mistyped. */
const COMMANDS = ['serve', 'list', 'build', 'invoke', 'jobs']
const NEAR = 2

/** Gives the absolute path of a site's directory. @throws if there is none */
export function findSite (given = '.'): string {
  const directory = resolve(given)
  const found = statSync(directory, { throwIfNoEntry: false })
  if (found === undefined) {
    const command = COMMANDS.find((name) => distance(name, given) <= NEAR)
    if (command !== undefined) throw usage(`there is no directory and no command "${toLine(given)}"; did you mean "${command}"?`)
    throw failure(`there is no directory "${toLine(given)}"; give the folder of the site, the one with netlify.toml or netlify/functions in it`)
  }
  if (!found.isDirectory()) throw failure(`"${toLine(given)}" is a file; give the folder of the site, the one with netlify.toml or netlify/functions in it`)
  return realpathSync(directory)
}

/** Makes the app of a site, which does not listen yet; what builds for long may take its time. */
export async function createSiteApp (options: NetlifyFunctionsOptions, server: FastifyServerOptions): Promise<FastifyInstance> {
  const app = Fastify({ ...server, pluginTimeout: 0 })
  try {
    await app.register(netlifyFunctions, options)
  } catch (error) {
    await app.close().catch(() => {})
    throw error
  }
  return app
}

/** As `createSiteApp` for commands that look at a site beside a server of it: they take none of its jobs. */
export async function openSite (options: NetlifyFunctionsOptions, server: FastifyServerOptions): Promise<FastifyInstance> {
  // Whatever such a command queues it waits for, so the log need not warn of a loss.
  const queue = { ...await openMemory(), durable: true }
  return await createSiteApp({ ...options, schedule: false, queue }, server)
}

export function nothingToServe (root: string): Error {
  return failure(`there is nothing to serve in ${toLine(root)}: no function in netlify/functions, and no published directory; name them by --functions and --publish`)
}

export function failedOf (functions: readonly FunctionInfo[]): FunctionInfo[] {
  return functions.filter(({ state }) => state === 'failed')
}

/** Letters to change, to add or to leave out. */
function distance (one: string, other: string): number {
  if (Math.abs(one.length - other.length) > NEAR) return Infinity
  let row = [...Array(other.length + 1).keys()]
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (let place = 1; place <= other.length; place++) {
      next.push(Math.min(next[place - 1]! + 1, row[place]! + 1, row[place - 1]! + (letter === other[place - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[other.length]!
}
