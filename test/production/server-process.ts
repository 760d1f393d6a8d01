import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createSite, type SiteFiles } from '../helper.ts'

interface Test {
  teardown (tidy: () => unknown): void
}

export const repository: string = join(import.meta.dirname, '../..')
export const configurations: string = join(repository, 'docs/production')

/** A site with the server of docs/production in it, where the packages are found. */
export async function createProductionSite (t: Test, files: SiteFiles): Promise<string> {
  const root = await createSite(t, { 'package.json': '{"type":"module"}', ...files })
  await copyFile(join(configurations, 'server.mjs'), join(root, 'server.mjs'))
  await symlink(join(repository, 'node_modules'), join(root, 'node_modules'))
  return root
}

export interface ServerProcess {
  readonly child: ChildProcess
  /** What its log says. */
  readonly lines: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** Ends it as a process manager does, and gives its exit code. */
  stop (): Promise<number | null>
}

/** Starts the server and waits until it listens. */
export async function startServer (t: Test, root: string, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const stdio: StdioOptions = ['ignore', 'pipe', 'inherit']
  const child = spawn(process.execPath, ['server.mjs'], { cwd: root, env: { ...process.env, NODE_ENV: 'production', ...env }, stdio })
  t.teardown(() => { child.kill('SIGKILL') })
  const lines: Array<Record<string, unknown>> = []
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const listening = Promise.withResolvers<void>()
  createInterface(child.stdout!).on('line', (text) => {
    const line = JSON.parse(text) as Record<string, unknown>
    lines.push(line)
    if (String(line.msg).startsWith('Server listening')) listening.resolve()
  })
  await Promise.race([listening.promise, exited.then((code) => { throw new Error(`the server ended with ${code} before it listened: ${JSON.stringify(lines.at(-1))}`) })])
  return {
    child,
    lines,
    async stop () {
      child.kill('SIGTERM')
      return await exited
    }
  }
}
