import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { BuildProgress } from '../index.ts'
import { cut, toLine } from './text.ts'

export interface Progress {
  /** Takes the line away, which comes back with the next function. */
  clear (): void
  /** Functions that had not to be bundled. */
  readonly cached: ReadonlySet<string>
  stop (): void
}

const CHANNEL = 'fastify-netlify-functions:build'
/** Milliseconds between two lines that rewrite each other, and between two that do not. */
const REWRITE = 50
const REPORT = 5_000
const ERASE = '\r\u001b[2K'

/** Shows how far the build of many functions is, on the standard error output. */
export function showProgress (): Progress {
  const { stderr } = process
  const cached = new Set<string>()
  const pause = stderr.isTTY ? REWRITE : REPORT
  let last = performance.now()
  let isShown = false
  subscribe(CHANNEL, show)
  return { clear, cached, stop }

  function show (message: unknown): void {
    const { name, built, total, cached: isCached } = message as BuildProgress
    if (isCached) cached.add(name)
    const now = performance.now()
    if (built === total) return clear()
    if (now - last < pause) return
    last = now
    const text = `Building functions: ${built} of ${total}`
    if (!stderr.isTTY) {
      stderr.write(`${text}\n`)
      return
    }
    isShown = true
    stderr.write(ERASE + cut(`${text} ${toLine(name)}`, (stderr.columns || 80) - 1))
  }

  function clear (): void {
    if (isShown) stderr.write(ERASE)
    isShown = false
  }

  function stop (): void {
    clear()
    unsubscribe(CHANNEL, show)
  }
}
