import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import type { FunctionSource } from '../functions/definition.ts'
import { findStackPlace } from './stack-place.ts'

const NOT_FOUND = /(Cannot find (?:package|module) '[^']+')[^]*/

/** Says why a module could not be loaded: the message, and the line of the user's code with a mark. */
export async function describeLoadError (error: unknown, bundle: string, source: FunctionSource, root: string): Promise<string> {
  if (!(error instanceof Error)) return `it threw ${typeof error === 'string' ? error : inspect(error)}`
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return `${error.message.replace(NOT_FOUND, '$1')}, which ${source.file} or a file it imports needs; install it with npm`
  }
  const text = `${error.name}: ${error.message}`
  const place = findStackPlace(error, bundle)
  if (place === undefined) return text
  const { file, line, column } = place
  const lines = await readFile(file, 'utf8').then((content) => content.split('\n'), () => [])
  const lineText = lines[line - 1]
  // Threads that load functions have no use for what bundles them.
  return lineText === undefined ? text : await (await import('./bundle.ts')).codeFrame(root, file, line, column, lineText, text)
}
