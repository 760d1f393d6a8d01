import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { netlifyFunctions, type BuildEvent, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { captureLog, createSite, isolation, writeFiles, type SiteFiles } from '../helper.ts'

export interface ReloadSite {
  readonly root: string
  readonly app: FastifyInstance
  readonly log: ReturnType<typeof captureLog>
  readonly builds: BuildEvent[]
  write (files: SiteFiles): Promise<void>
  /** What a GET answers. */
  get (path: string): Promise<string>
}

/** A site whose files can be changed while it is served. */
export async function serveSite (t: Test, files: SiteFiles, options: NetlifyFunctionsOptions = {}): Promise<ReloadSite> {
  const root = await createSite(t, files)
  const log = captureLog()
  const app = Fastify({ logger: log.logger })
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, isolation, ...options })
  const builds: BuildEvent[] = []
  app.netlifyFunctions.on('build', (event) => builds.push(event))
  return {
    root,
    app,
    log,
    builds,
    write: async (changed) => await writeFiles(root, changed),
    async get (path) {
      const { statusCode, body } = await app.inject(path)
      return statusCode === 200 ? body : String(statusCode)
    }
  }
}

/** A function that answers with a text. */
export function saying (text: string, config?: object): string {
  const own = config === undefined ? '' : `\nexport const config = ${JSON.stringify(config)}`
  return `export default () => new Response(${JSON.stringify(text)})${own}`
}

/** A function that counts its calls in its module. */
export function counting (config?: object): string {
  return `let calls = 0\n${saying('', config).replace('""', 'String(++calls)')}`
}
