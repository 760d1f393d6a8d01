import { toSingleLines } from './text.ts'
import { errors } from '../index.ts'

/** Coded errors of Node.js that say all there is to say. */
const PLAIN = /^(FST_|E[A-Z]+$|ERR_PARSE_ARGS)/

/** Gives what to tell of an error: its message if it was foreseen, else its stack. */
export function explain (error: unknown, isVerbose: boolean): string {
  if (!(error instanceof Error)) return toSingleLines(String(error))
  const { code } = error as NodeJS.ErrnoException
  const isForeseen = typeof code === 'string' && PLAIN.test(code)
  return toSingleLines(isForeseen && !isVerbose ? error.message : error.stack ?? error.message)
}

/** 2 for what was typed wrongly, 1 for everything else. */
export function exitCodeOf (error: unknown): number {
  return error instanceof errors.FST_NETLIFY_COMMAND_USAGE ? 2 : 1
}

export function usage (problem: string): Error {
  return new errors.FST_NETLIFY_COMMAND_USAGE(problem)
}

export function failure (problem: string, cause?: unknown): Error {
  return cause === undefined ? new errors.FST_NETLIFY_COMMAND_FAILED(problem) : new errors.FST_NETLIFY_COMMAND_FAILED(problem, { cause })
}
