import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, type } from 'node:os'
import { cores } from './bench-process.ts'
import { benchmark } from './directory.ts'

/** The software that is measured, by its name and where it lies. */
const PACKAGES = {
  Fastify: '../node_modules/fastify',
  '@fastify/static': '../node_modules/@fastify/static',
  '@hono/node-server': 'node_modules/@hono/node-server',
  Hono: 'node_modules/hono',
  srvx: 'node_modules/srvx',
  '@remix-run/node-fetch-server': 'node_modules/@remix-run/node-fetch-server',
  undici: 'node_modules/undici'
}

/** What the figures were measured on and with, in one line. */
export async function describeMachine (): Promise<string> {
  const versions = await Promise.all(Object.entries(PACKAGES).map(async ([name, directory]) => `${name} ${await versionOf(directory)}`))
  const hardware = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} cores, ${type()} ${release()}`
  const placed = cores === undefined ? 'processes not tied to cores' : 'servers on one core, load generator on another'
  return `${hardware}; ${placed}; Node.js ${process.versions.node}, ${versions.join(', ')}; ${new Date().toISOString().slice(0, 10)}.`
}

async function versionOf (directory: string): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL(`${directory}/package.json`, benchmark), 'utf8')) as { version: string }
  return version
}
