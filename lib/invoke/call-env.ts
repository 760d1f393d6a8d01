import type { SiteEnv } from './globals.ts'

/** A site's environment with one variable that is the call's own, and so seen and changed by no other call. */
export function createCallEnv (site: SiteEnv, name: string, value: string | undefined): SiteEnv {
  let own = value
  return {
    get: (asked) => asked === name ? own : site.get(asked),
    set (asked, next) {
      if (asked === name) own = String(next)
      else site.set(asked, next)
    },
    has: (asked) => asked === name ? Boolean(own) : site.has(asked),
    delete (asked) {
      if (asked === name) own = undefined
      else site.delete(asked)
    },
    toObject () {
      const { [name]: _, ...others } = site.toObject()
      return own === undefined ? others : { ...others, [name]: own }
    }
  }
}
