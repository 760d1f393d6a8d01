import { Cron } from 'croner'

/** The short forms that Netlify knows. */
const ALIASES = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *']
])
/** croner takes dates and more short forms too. */
const FIVE_FIELDS = /^\s*[^\s@]+(?:\s+\S+){4}\s*$/

/** Tells whether a text is a cron expression of five fields, or one of Netlify's aliases, that matches any time at all. */
export function isCron (text: string): boolean {
  if (!ALIASES.has(text) && !FIVE_FIELDS.test(text)) return false
  try {
    return parse(text).nextRun(new Date(0)) !== null
  } catch {
    return false
  }
}

/** The five fields of an expression that `isCron` accepts. */
export function cronFields (cron: string): string[] {
  return (ALIASES.get(cron) ?? cron).trim().split(/\s+/)
}

/** The first time after `after` that a cron expression matches, in UTC; both in epoch ms. The expression is one that `isCron` accepts. */
export function nextRun (cron: string, after: number): number {
  return parse(cron).nextRun(new Date(after))?.getTime() ?? Infinity
}

function parse (text: string): Cron {
  // Netlify's parser takes `5/15` for "from 5 on, every 15", which croner calls sloppy.
  return new Cron(ALIASES.get(text) ?? text, { timezone: 'UTC', mode: '5-part', sloppyRanges: true })
}
