import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'

/** Outside of the repository, as a checkout of a site is, so that no package or tsconfig.json of the repository is found from there. */
const BUILT_SITES = join(tmpdir(), 'fastify-netlify-functions-sites')
/** What a build of a site leaves behind. */
const NOT_SOURCES = new Set(['node_modules', 'dist', '.netlify', '.astro', '.react-router'])
/** What this process was told by npm and tap is not for the site's own npm. */
const NOT_FOR_SITES = /^(?:npm_(?!config_(?:registry|cache|userconfig)$)|TAP|NODE_OPTIONS$|NODE_ENV$)/
const TIME_LIMIT = 300_000

/** The sites of this directory. */
export async function siteNames (): Promise<string[]> {
  const entries = await readdir(import.meta.dirname, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/**
 * Installs and builds a site as its users do, and gives the directory. What was built from the same files before is used
 * again.
 */
export async function buildSite (name: string): Promise<string> {
  const source = join(import.meta.dirname, name)
  const built = join(BUILT_SITES, `${name}-${await hashOf(source)}`)
  if (await exists(built)) return built

  await mkdir(BUILT_SITES, { recursive: true })
  const workshop = await mkdtemp(join(BUILT_SITES, `building-${name}-`))
  try {
    await cp(source, workshop, { recursive: true, filter: isSource })
    await npm(workshop, 'ci', '--ignore-scripts', '--no-audit', '--no-fund')
    await npm(workshop, 'run', 'build', '--if-present')
    await replaceBuilt(name, workshop, built)
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
  return built
}

async function hashOf (directory: string): Promise<string> {
  const hash = createHash('sha256').update(process.version)
  for (const file of await sourcesIn(directory)) {
    const content = await readFile(file)
    hash.update(`\0${relative(directory, file)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex').slice(0, 16)
}

async function sourcesIn (directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const found = await Promise.all(entries.filter(({ name }) => isSource(name)).map(async (entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? await sourcesIn(path) : [path]
  }))
  return found.flat().sort()
}

function isSource (path: string): boolean {
  return !NOT_SOURCES.has(basename(path))
}

async function exists (path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false)
}

async function npm (directory: string, ...command: string[]): Promise<void> {
  const child = spawn('npm', command, { cwd: directory, env: siteEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], timeout: TIME_LIMIT })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
  const [code, signal] = await once(child, 'close') as [number | null, string | null]
  if (code !== 0) throw new Error(`npm ${command.join(' ')} in ${directory} ended with ${signal ?? code}:\n${output}`)
}

function siteEnvironment (): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_FOR_SITES.test(name))
  return { ...Object.fromEntries(inherited), CI: 'true', ASTRO_TELEMETRY_DISABLED: '1' }
}

/** In one step, so that there is a built site or none; another process may have been as quick. */
async function replaceBuilt (name: string, workshop: string, built: string): Promise<void> {
  const old = (await readdir(BUILT_SITES)).filter((entry) => entry.startsWith(`${name}-`) && entry !== basename(built))
  for (const entry of old) await rm(join(BUILT_SITES, entry), { recursive: true, force: true })
  await rename(workshop, built).catch(async (error: unknown) => {
    if (!await exists(built)) throw error
  })
}

// `node test/sites/build.ts` builds all of them, before tests with time limits need them.
if (import.meta.main) {
  for (const name of await siteNames()) console.log(await buildSite(name))
}
