import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { findStackPlace } from '../build/stack-place.ts'
import { problemsOf, type Problem } from '../functions/problem.ts'
import type { ErrorReport, FrameLine } from './error-page.ts'

/** Lines of source code before and after the one that is wrong. */
const AROUND = 4
/** Characters of a line that are shown; a minified file is one line. */
const WIDEST = 240
/** One mistake can be the reason of hundreds of errors. */
const MOST_PLACES = 10

const TITLES: Readonly<Record<string, string>> = {
  FST_NETLIFY_BUILD_FAILED: 'does not build',
  FST_NETLIFY_LOAD_FAILED: 'throws while loading',
  FST_NETLIFY_FUNCTION_FAILED: 'failed',
  FST_NETLIFY_TIMEOUT: 'took too long'
}

/** What an error is about: a function, or nothing for the site as a whole. */
export interface Subject {
  readonly name: string
  /** Absolute path of its entry file. */
  readonly file: string
}

/** Finds out all that can be shown of an error: the places in the user's code that it is about, with the lines around. */
export async function reportError (error: Error, subject: Subject | undefined, root: string): Promise<ErrorReport> {
  const cause = error.cause instanceof Error ? error.cause : undefined
  const known = [error, cause].map((candidate) => candidate === undefined ? [] : problemsOf(candidate)).find((found) => found.length > 0)
  const problems = known ?? problemOfStack(cause)
  const places = await Promise.all(problems.slice(0, MOST_PLACES).map(async ({ message, file, line, column, length }) => ({
    message,
    position: `${relative(root, file)}:${line}:${column}`,
    frame: await readFrame(file, line, column, length)
  })))
  if (places.length === 0 && subject !== undefined) places.push({ message: error.message, position: relative(root, subject.file), frame: [] })
  return {
    title: titleOf(error, subject),
    message: problems.length > MOST_PLACES ? `The first ${MOST_PLACES} of ${problems.length} errors:` : places.length === 0 ? error.message : '',
    places,
    // A stack of esbuild's says nothing of the user's code.
    stack: known === undefined ? stackOf(cause) : ''
  }
}

function titleOf (error: Error, subject: Subject | undefined): string {
  if (subject === undefined) return 'The last change of the site is not served'
  return `Function "${subject.name}" ${TITLES[(error as NodeJS.ErrnoException).code ?? ''] ?? 'cannot run'}`
}

function problemOfStack (error: Error | undefined): Problem[] {
  const place = error && findStackPlace(error)
  return place === undefined ? [] : [{ message: `${error?.name}: ${error?.message}`, length: 0, ...place }]
}

function stackOf (error: Error | undefined): string {
  return typeof error?.stack === 'string' ? error.stack : ''
}

async function readFrame (file: string, line: number, column: number, length: number): Promise<FrameLine[]> {
  const lines = await readFile(file, 'utf8').then((text) => text.replace(/\r?\n$/, '').split(/\r?\n/), () => [])
  if (line > lines.length) return [] // it has changed in the meantime
  const first = Math.max(1, line - AROUND)
  const last = Math.min(lines.length, line + AROUND)
  // Every line begins at the same column, so that indentation stays.
  const start = column > WIDEST ? column - WIDEST / 2 : 0
  return lines.slice(first - 1, last).map((text, index) => {
    const shown = cut(text, start)
    const isMarked = first + index === line
    if (!isMarked) return { number: first + index, text: [shown, '', ''], isMarked }
    const from = Math.max(0, column - 1 - start)
    const to = from + Math.max(1, length)
    // At the end of a line there is nothing to mark.
    return { number: line, text: [shown.slice(0, from), shown.slice(from, to) || ' ', shown.slice(to)], isMarked }
  })
}

function cut (text: string, start: number): string {
  return text.slice(start, start + WIDEST)
}
