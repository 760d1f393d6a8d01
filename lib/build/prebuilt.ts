import { readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FunctionSource } from '../functions/definition.ts'
import type { Bundle } from './bundle.ts'
import { digest, type Fingerprints } from './fingerprint.ts'

const JAVASCRIPT = /\.[mc]?js$/
const NOT_TO_BE_BUNDLED = /\bnodeBundler["']?\s*:\s*(["'`])none\1/
/** In a bundle, an `import()` or a `require()` of what only the running code knows. */
const COMPUTED_IMPORT = /\b(?:import|require)\(\s*(?:\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/\s*)*(?:[^"'`\s/)]|`[^`]*\$\{)/
const RELATIVE_IMPORT = /\b(?:from|import|require)\s*\(?\s*(?:\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/\s*)*(["'`])(\.{1,2}\/[^"'`\n?#]+)\1/g
const MODULE_SYNTAX = /(?:^|[;}])\s*(?:import\s*[\w{*"']|export\s*[\w{*])/m
/** What a `require()` may leave out. */
const ENDINGS = ['', '.js', '.cjs', '.json', '/index.js']

/** Tells whether a function asks to be loaded as it lies, by `nodeBundler: 'none'`. Netlify reads it in the source, too. */
export function isPrebuilt ({ file, sidecar }: FunctionSource, text: string): boolean {
  return JAVASCRIPT.test(file) && (sidecar?.nodeBundler === 'none' || NOT_TO_BE_BUNDLED.test(text))
}

/** Tells whether a generated function has imports that would lead elsewhere from the place of its bundle. */
export function leadsElsewhere ({ file, generated }: FunctionSource, { code }: Pick<Bundle, 'code'>): boolean {
  return generated === true && JAVASCRIPT.test(file) && COMPUTED_IMPORT.test(code)
}

/**
 * Makes the bundle of a function that is loaded as it lies: a module that does nothing but load it. It names the content
 * of all files that are known to be reached, so that a change of one gives another bundle, as with any function.
 */
export async function wrapPrebuilt ({ file }: FunctionSource, fingerprints: Fingerprints, onRead: (path: string) => void): Promise<Bundle> {
  const inputs = await reachableFiles(file, fingerprints)
  inputs.forEach(onRead)
  const text = await readFile(file, 'utf8')
  const isModule = extname(file) === '.mjs' || (extname(file) === '.js' && (fingerprints.packageType(dirname(file)) === 'module' || MODULE_SYNTAX.test(text)))
  const version = digest(inputs.map((input) => fingerprints.file(input)).join('\n')).slice(0, 16)
  return {
    format: isModule ? 'esm' : 'cjs',
    code: isModule ? importing(file, version) : requiring(file, version),
    inputs,
    packages: [],
    lightObjects: false,
    prebuilt: true
  }
}

/** Node.js keeps modules by their URL, so the version is part of it, and so is what tells two loads of one bundle apart. */
function importing (file: string, version: string): string {
  return `const url = ${JSON.stringify(`${pathToFileURL(file).href}?version=${version}`)}
const exported = await import(url + new URL(import.meta.url).search.replace('?', '&'))
export default exported.default
export const { config, handler } = exported
`
}

function requiring (file: string, version: string): string {
  return `const file = require.resolve(${JSON.stringify(file)}) // ${version}
delete require.cache[file]
module.exports = require(file)
`
}

/** The file and all that its relative imports lead to, as far as they are written out. Packages do not count. */
async function reachableFiles (entry: string, fingerprints: Fingerprints): Promise<string[]> {
  const found = new Set<string>()
  let next = [entry]
  while (next.length > 0) {
    const texts = await Promise.all(next.map(async (file) => await read(file, fingerprints)))
    next = []
    for (const [file, text] of texts) {
      if (text === undefined || found.has(file)) continue
      found.add(file)
      if (!JAVASCRIPT.test(file)) continue
      const specifiers = new Set(Array.from(text.matchAll(RELATIVE_IMPORT), ([, , specifier]) => specifier!))
      next.push(...[...specifiers].flatMap((specifier) => ENDINGS.map((ending) => resolve(dirname(file), specifier + ending))).filter((path) => !found.has(path)))
    }
    next = [...new Set(next)]
  }
  return [...found]
}

async function read (file: string, fingerprints: Fingerprints): Promise<[file: string, text: string | undefined]> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text !== undefined) fingerprints.file(file, text)
  return [file, text]
}
