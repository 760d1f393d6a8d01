/** How much what a function prints matters. */
export type OutputLevel = 'debug' | 'info' | 'warn' | 'error'

/** From the least on. */
export const OUTPUT_LEVELS: readonly OutputLevel[] = ['debug', 'info', 'warn', 'error']

/** `globalThis` has what makes the `console` of a bundle under this key of `Symbol.for`. */
export const CONSOLE = 'fastify-netlify-functions.console'

/** Characters of what a function prints at once. */
const LONGEST = 16 * 1024

/** Bounds what a function prints at once. */
export function boundOutput (text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more characters)`
}
