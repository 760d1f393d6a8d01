import { stripVTControlCharacters } from 'node:util'

const CONTROL = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const CONTROL_IN_LINE = /[^\P{Cc}\n\t]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Gives a text of others as one line that does nothing to a terminal. */
export function toLine (text: string): string {
  return stripVTControlCharacters(text).replace(/\s+/g, ' ').replace(CONTROL, '').trim()
}

/** As `toLine`, but lines stay lines. */
export function toSingleLines (text: string): string {
  return stripVTControlCharacters(text).replace(CONTROL_IN_LINE, '')
}

/** Gives at most `width` characters. */
export function cut (text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** `3 functions` */
export function plural (count: number, thing: string): string {
  return `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`
}

export function milliseconds (duration: number): string {
  return duration < 1000 ? `${Math.round(duration)} ms` : `${(duration / 1000).toFixed(1)} s`
}
