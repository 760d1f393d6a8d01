import { isBuiltin } from 'node:module'
import type { BuildOptions, Message, Metafile, Plugin } from 'esbuild'
import { FETCH_OBJECTS } from '../functions/fetch-objects.ts'

/** Gives a bundle light Fetch objects by `inject` and `define`, and finds out, also without, whether it may have them. */
export interface FetchInjection extends Required<Pick<BuildOptions, 'inject' | 'define' | 'logOverride'>> {
  readonly plugin: Plugin
  /** Tells of each of the user's files. */
  readonly onSource: (content: string) => void
  /** Tells under which specifier a package stays outside the bundle. */
  readonly onExternal: (name: string, specifier: string) => void
  /** Whether light Fetch objects cannot meet code in the bundle, or called by it, that knows only native ones. */
  readonly accepts: (result: { readonly metafile: Metafile, readonly warnings: readonly Message[] }) => boolean
}

const NAMESPACE = 'fetch-objects'
const OBJECTS = `${NAMESPACE}:objects`
const NATIVES = `${NAMESPACE}:natives`
const OUTSIDE = `${NAMESPACE}:outside`
const NAMES = ['Request', 'Response', 'fetch']
const GLOBALS = ['globalThis', 'global']

/** Where `Request`, `Response` and `fetch` of a bundle come from. */
const OBJECTS_MODULE = `const objects = globalThis[Symbol.for(${JSON.stringify(FETCH_OBJECTS)})]
export const ${NAMES.map((name) => `${name} = objects.${name}`).join(', ')}
export { ${NAMES.map((name) => `${name} as ${injectedName(name)}`).join(', ')} }`

/** Whoever uses one of these may reach any native object, so the bundle then imports something that is not accepted. */
const NATIVES_MODULE = `export { ${[...GLOBALS, 'eval', 'Function'].map((name) => `native as ${name}`).join(', ')} } from '${OUTSIDE}'`

/** Other ways to native objects, and to code that has not been bundled. */
const BEHIND_OUR_BACK = new RegExp([
  /\b(?:Request|Response|Headers)\s*\.\s*prototype\b/,
  /\.\s*constructor\s*\(/,
  /\bfunction\s*\(\)\s*\{\s*return this\b/,
  /\b(?:compile|instantiate)Streaming\b/,
  /\bgetBuiltinModule\b/,
  /\bmodule\s*\.\s*(?:require|constructor|children|parent)\b/
].map(({ source }) => source).join('|'))

/** What esbuild says of imports that only the running function decides. */
const UNDECIDED_IMPORTS = ['indirect-require', 'unsupported-dynamic-import', 'unsupported-require-call']

/** These load other code, or hand objects to it. */
const REFUSED_BUILTINS = new Set(['inspector', 'inspector/promises', 'module', 'repl', 'test', 'vm', 'worker_threads'])
/** These neither take nor give Fetch objects. */
const ACCEPTED_PACKAGES = new Set(['@netlify/functions'])

const BARE_IMPORT = /\b(?:import|export)\s+(?!type\b)[^'"()]*?\bfrom\s*['"]([^'"./][^'"]*)['"]|\b(?:import|require)\s*\(?\s*['"]([^'"./][^'"]*)['"]/g

/** Sets up one build. A bundle that is not accepted, or does not build, is to be built without the injection. */
export function createFetchInjection (): FetchInjection {
  const accepted = new Set<string>()
  let behindOurBack = false

  return {
    inject: [OBJECTS, NATIVES],
    define: Object.fromEntries(GLOBALS.flatMap((global) => NAMES.map((name) => [`${global}.${name}`, injectedName(name)]))),
    logOverride: Object.fromEntries(UNDECIDED_IMPORTS.map((id) => [id, 'warning'])),
    plugin: {
      name: NAMESPACE,
      setup (build) {
        build.onResolve({ filter: new RegExp(`^${NAMESPACE}:`) }, ({ path }) => path === OUTSIDE
          ? { path, external: true, sideEffects: false }
          : { path: path.slice(NAMESPACE.length + 1), namespace: NAMESPACE, sideEffects: false })
        build.onLoad({ filter: /^/, namespace: NAMESPACE }, ({ path }) => ({ contents: `${NAMESPACE}:${path}` === OBJECTS ? OBJECTS_MODULE : NATIVES_MODULE }))
      }
    },
    onSource (content) {
      behindOurBack ||= BEHIND_OUR_BACK.test(content)
    },
    onExternal (name, specifier) {
      if (ACCEPTED_PACKAGES.has(name)) accepted.add(specifier)
    },
    accepts: ({ metafile, warnings }) => !behindOurBack && !warnings.some(({ id }) => UNDECIDED_IMPORTS.includes(id)) &&
      Object.values(metafile.outputs).every(({ imports }) => imports.every(({ path, external }) => external !== true || accepted.has(path) || isAcceptedBuiltin(path)))
  }
}

/** Guesses from the text of a function whether it imports what excludes light objects, so that it is rarely built twice. */
export function seemsToExcludeLightObjects (content: string): boolean {
  return BEHIND_OUR_BACK.test(content) || [...content.matchAll(BARE_IMPORT)].some(([, from, call]) => {
    const specifier = from ?? call ?? ''
    return !ACCEPTED_PACKAGES.has(specifier) && !isAcceptedBuiltin(specifier)
  })
}

/** Tells whether an input of a bundle is one of ours. */
export function isInjected (input: string): boolean {
  return input.startsWith(`${NAMESPACE}:`)
}

function isAcceptedBuiltin (specifier: string): boolean {
  return isBuiltin(specifier) && !REFUSED_BUILTINS.has(specifier.replace(/^node:/, ''))
}

/** A name that no local variable shadows. */
function injectedName (name: string): string {
  return `__fetch_objects_${name}`
}
