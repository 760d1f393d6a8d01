import { hostEnv } from '../process-env.ts'
import type { SiteSettings } from './messages.ts'

/** Settings that threads know by a number. */
export interface RegisteredSite {
  readonly number: number
  readonly settings: SiteSettings
  /** The same for sites whose functions may share a thread, and so its `process.env`. */
  readonly envKey: string
}

let sites = 0

export function registerSite (settings: SiteSettings): RegisteredSite {
  return { number: ++sites, settings, envKey: JSON.stringify(Object.entries(settings.env).sort()) }
}

/** The variables of the process as functions of the site see them: without those of other sites. */
export function threadEnv ({ settings }: RegisteredSite): Record<string, string | undefined> {
  return { ...settings.env, ...hostEnv.toObject() }
}
