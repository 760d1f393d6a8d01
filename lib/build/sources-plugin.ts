import { readFile } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Loader, Plugin } from 'esbuild'

const SOURCE_FILE = /\.[cm]?[jt]sx?$/
const OWN_PLACE = /\bimport\.meta\b|\b__dirname\b|\b__filename\b/
const HASHBANG_AND_DIRECTIVE = /^(?:#!.*\n)?(?:(?:\s|\/\/.*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*(['"])use strict\1)?/

/** Of `import.meta` as an object. Packages are looked up from the bundle; ES modules have its `import.meta.resolve` from the banner. */
const SOURCE_META = 'const __source_meta={url:__source_url,dirname:__source_dirname,filename:__source_filename,' +
  'resolve:(specifier)=>/^\\.{0,2}\\//.test(specifier)?new URL(specifier,__source_url).href:__bundle_resolve(specifier)};'

/** What a bundle writes for the place of a source file; `sourcesPlugin` declares each in the file that uses it. */
export const SOURCE_PLACE_DEFINES: Readonly<Record<string, string>> = {
  'import.meta.url': '__source_url',
  'import.meta.dirname': '__source_dirname',
  'import.meta.filename': '__source_filename',
  'import.meta': '__source_meta',
  __dirname: '__source_dirname',
  __filename: '__source_filename'
}

/**
 * Reads the user's own files, so that `import.meta.url`, `__dirname` and the like point at each source
 * file and not at the bundle, and so that the cache knows exactly the content that was built.
 */
export function sourcesPlugin (onRead: (path: string, content: string) => void): Plugin {
  return {
    name: 'sources',
    setup (build) {
      build.onLoad({ filter: SOURCE_FILE }, async ({ path, namespace }) => {
        if (namespace !== 'file') return undefined
        const content = await readFile(path, 'utf8')
        onRead(path, content)
        return { contents: OWN_PLACE.test(content) ? declarePlace(path, content) : content, loader: loaderOf(path) }
      })
    }
  }
}

/** On a line that is there already, so that every line keeps its number; after what must stay first. */
function declarePlace (path: string, content: string): string {
  const declarations = Object.entries({
    __source_url: pathToFileURL(path).href,
    __source_dirname: dirname(path),
    __source_filename: path
  }).map(([name, value]) => `const ${name}=${JSON.stringify(value)};`).join('')
  const head = HASHBANG_AND_DIRECTIVE.exec(content)?.[0] ?? ''
  return `${head}${head.endsWith('\n') ? '' : ';'}${declarations}${SOURCE_META}${content.slice(head.length)}`
}

function loaderOf (path: string): Loader {
  const extension = extname(basename(path))
  if (extension.endsWith('x')) return extension === '.tsx' ? 'tsx' : 'jsx'
  return extension.includes('t') ? 'ts' : 'js'
}
