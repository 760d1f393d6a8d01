import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, type } from 'node:os'
import { cores } from './bench-process.ts'

/** What the figures were measured on and with, in one line. */
export async function describeMachine (): Promise<string> {
  const [fastify, hono, nodeServer, undici] = await Promise.all([
    versionOf('../node_modules/fastify'), versionOf('node_modules/hono'), versionOf('node_modules/@hono/node-server'), versionOf('node_modules/undici')
  ])
  const hardware = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} cores, ${type()} ${release()}`
  const placed = cores === undefined ? 'processes not tied to cores' : 'servers on one core, load generator on another'
  const software = `Node.js ${process.versions.node}, Fastify ${fastify}, @hono/node-server ${nodeServer} with Hono ${hono}, load by undici ${undici}`
  return `${hardware}; ${placed}; ${software}; ${new Date().toISOString().slice(0, 10)}.`
}

async function versionOf (directory: string): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL(`${directory}/package.json`, import.meta.url), 'utf8')) as { version: string }
  return version
}
