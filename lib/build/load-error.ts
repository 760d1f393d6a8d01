import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import type { FunctionSource } from '../functions/definition.ts'
import { codeFrame } from './bundle.ts'

/** A light Fetch object throws from here what its user did wrong. */
const OWN_CODE = dirname(import.meta.dirname)
const STACK_POSITION = /(?:at |\()((?:file:\/\/)?\/[^()\n]+?):(\d+):(\d+)\)?$/gm
const NOT_FOUND = /(Cannot find (?:package|module) '[^']+')[^]*/

/** Says why a module could not be loaded: the message, and the line of the user's code with a mark. */
export async function describeLoadError (error: unknown, bundle: string, source: FunctionSource, root: string): Promise<string> {
  if (!(error instanceof Error)) return `it threw ${typeof error === 'string' ? error : inspect(error)}`
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return `${error.message.replace(NOT_FOUND, '$1')}, which ${source.file} or a file it imports needs; install it with npm`
  }
  const text = `${error.name}: ${error.message}`
  for (const [, place = '', line, column] of String(error.stack).matchAll(STACK_POSITION)) {
    const file = place.startsWith('file:') ? fileURLToPath(place) : place
    if (file === bundle || file.includes('/node_modules/') || file.startsWith(OWN_CODE)) continue
    const lines = await readFile(file, 'utf8').then((content) => content.split('\n'), () => [])
    const lineText = lines[Number(line) - 1]
    if (lineText !== undefined) return await codeFrame(root, file, Number(line), Number(column), lineText, text)
  }
  return text
}
