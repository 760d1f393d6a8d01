/** Markup that is safe to send: every value in it has been escaped. */
export class Html {
  readonly #markup: string

  private constructor (markup: string) {
    this.#markup = markup
  }

  toString (): string {
    return this.#markup
  }

  /** For {@link html} only: its pieces are written in the source, and its values are escaped or `Html`. */
  static of (pieces: readonly string[], values: readonly HtmlValue[]): Html {
    let markup = pieces[0] ?? ''
    for (const [index, value] of values.entries()) markup += markupOf(value) + (pieces[index + 1] ?? '')
    return new Html(markup)
  }
}

export type HtmlValue = Html | string | number | bigint | true | false | null | undefined | readonly HtmlValue[]

const SPECIAL = /[&<>"'`]/g
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;', '`': '&#96;' }
/** They would make the text around them read in another order than it is written. */
const DIRECTIONS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g

/**
 * Makes markup: values that are no markup are escaped, in text and in quoted attributes alike; lists are joined, and
 * `null`, `undefined` and `false` give nothing.
 */
export function html (pieces: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return Html.of(pieces, values)
}

function markupOf (value: HtmlValue): string {
  if (value instanceof Html) return value.toString()
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'object') return value.map(markupOf).join('')
  return escape(String(value))
}

function escape (text: string): string {
  return text.replace(SPECIAL, (character) => ENTITIES[character] as string).replace(DIRECTIONS, showCode)
}

function showCode (character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}
