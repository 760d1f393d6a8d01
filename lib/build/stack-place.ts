import { dirname, extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A position in a source file, as a stack trace has it; line and column begin with 1. */
export interface StackPlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A light Fetch object throws from here what its user did wrong. */
const OWN_CODE = dirname(import.meta.dirname)
const STACK_POSITION = /(?:at |\()((?:file:\/\/)?\/[^()\n]+?):(\d+):(\d+)\)?$/gm
const SOURCE_FILE = /^\.[cm]?[jt]sx?$/

/**
 * Finds the topmost line of the user's own code in the stack trace of an error. The error's message, in which a client
 * may have put the name of a file, is no part of it.
 *
 * @param except the bundle, of which a line says nothing
 */
export function findStackPlace (error: Error, except?: string): StackPlace | undefined {
  for (const [, place = '', line, column] of traceOf(error).matchAll(STACK_POSITION)) {
    const file = place.startsWith('file:') ? fileURLToPath(place) : place
    if (file === except || file.includes('/node_modules/') || file.startsWith(OWN_CODE) || !SOURCE_FILE.test(extname(file))) continue
    return { file, line: Number(line), column: Number(column) }
  }
  return undefined
}

/** Without a message that can be found there is no telling where it ends. */
function traceOf ({ stack, message }: Error): string {
  if (typeof stack !== 'string' || !stack.includes(message)) return ''
  return stack.slice(stack.indexOf(message) + message.length)
}
