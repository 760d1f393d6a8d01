import * as nodeModule from 'node:module'

const VERSION = /\?version=[^#]+$/

let isKept = false

/**
 * Has modules import others in their own version: what one with `?version=…` in its URL imports gets the same, so that a new
 * version of a function that is loaded as it lies is new in all its files. Packages are loaded once for all. Node.js below 22.15
 * cannot do it; there a version is new in its first file only.
 */
export function keepModuleVersions (): void {
  if (isKept) return
  isKept = true
  nodeModule.registerHooks?.({
    resolve (specifier, context, nextResolve) {
      const found = nextResolve(specifier, context)
      const [version] = VERSION.exec(context.parentURL ?? '') ?? []
      if (version === undefined || found.format !== 'module' || found.url.includes('?') || found.url.includes('/node_modules/')) return found
      return { ...found, url: found.url + version }
    }
  })
}
