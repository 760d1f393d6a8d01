import type { NetlifyFunctionsOptions } from '../dist/index.js'
import { startProcess } from './bench-process.ts'
import type { MemoryUse, SiteOrder } from './messages.ts'

/** A process that serves a site. */
export interface SiteProcess {
  readonly port: number
  memory (): Promise<MemoryUse>
  /** Gives the milliseconds that it took. */
  reload (): Promise<number>
  stop (): Promise<void>
}

/** @param core the only one it may run on */
export async function startSiteProcess (root: string, { options = {}, core }: { readonly options?: NetlifyFunctionsOptions, readonly core?: number | undefined } = {}): Promise<SiteProcess> {
  const [process, port] = await startProcess<SiteOrder, MemoryUse | number, number>({ script: 'serve-site', args: [root, JSON.stringify(options)], nodeOptions: ['--expose-gc'], core })
  return {
    port,
    memory: async () => await process.ask('memory') as MemoryUse,
    reload: async () => await process.ask('reload') as number,
    stop: process.stop
  }
}
