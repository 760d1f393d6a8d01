import { stripVTControlCharacters } from 'node:util'

/** A line of source code around what is wrong. */
export interface FrameLine {
  readonly number: number
  /** Split where the wrong part of the marked line begins and ends; other lines have no such part. */
  readonly text: readonly [before: string, wrong: string, after: string]
  readonly isMarked: boolean
}

/** A place in the user's code. */
export interface ReportedPlace {
  readonly message: string
  /** `file:line:column`. */
  readonly position: string
  readonly frame: readonly FrameLine[]
}

/** Something that went wrong, ready to be shown. */
export interface ErrorReport {
  readonly title: string
  /** What there is to say besides the places. */
  readonly message: string
  readonly places: readonly ReportedPlace[]
  readonly stack: string
}

export interface ErrorPageOptions {
  readonly reports: readonly ErrorReport[]
  readonly nonce: string
  /** Path of the events that say when there is something new. */
  readonly events: string
  /** What the page shows; it loads itself again when the events name another one. */
  readonly version: string
  /** Whether loading the page again repeats nothing but a GET request. */
  readonly reloads: boolean
}

// Invisible ones, and those that turn the direction of text so that code reads as what it is not.
// eslint-disable-next-line no-control-regex
const DECEPTIVE = /[\0-\x08\x0B-\x1F\x7F-\x9F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' }

const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1d2126; --quiet: #5c6670; --line: #dfe3e8; --code: #f6f7f9; --mark: #fdecec; --wrong: #b42318; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --text: #e6e9ec; --quiet: #98a2ad; --line: #2d333a; --code: #1b1f24; --mark: #3b1d1d; --wrong: #ff9b90; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem; max-width: 60rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 1.5rem; font-size: 1.5rem; line-height: 1.25; }
h1::before { content: ""; display: block; width: 2.5rem; height: .25rem; margin-bottom: 1rem; border-radius: .125rem; background: var(--wrong); }
section + section { margin-top: 3rem; }
h2 { margin: 2rem 0 0; font-size: 1rem; color: var(--wrong); white-space: pre-wrap; }
p { margin: .25rem 0; white-space: pre-wrap; }
code, pre { font: .875rem/1.6 ui-monospace, monospace; tab-size: 2; }
pre { margin: .75rem 0 0; padding: .75rem 0; overflow-x: auto; background: var(--code); border: 1px solid var(--line); border-radius: .5rem; overflow-wrap: normal; }
pre > span { display: block; width: max-content; min-width: 100%; padding: 0 1rem; border-left: .1875rem solid transparent; }
pre > .marked { background: var(--mark); border-left-color: var(--wrong); }
i { display: inline-block; min-width: 2.5rem; margin-right: 1rem; color: var(--quiet); font-style: normal; text-align: right; user-select: none; }
mark { background: none; color: var(--wrong); font-weight: 700; text-decoration: underline wavy; text-underline-offset: .25em; text-decoration-skip-ink: none; }
details { margin-top: 2rem; }
summary, .place, footer { color: var(--quiet); }
summary { cursor: pointer; }
details pre { padding: .75rem 1rem; }
footer { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem; }`

const SCRIPT = `
const { events, version } = document.body.dataset
connect()
function connect () {
  const source = new EventSource(events)
  source.onmessage = ({ data }) => { if (data !== version) location.reload() }
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000) }
}`

/**
 * Draws a page for the browser of whoever works on the site. All of its content is text that somebody else wrote; it
 * loads nothing and runs nothing but what has its nonce.
 */
export function drawErrorPage ({ reports, nonce, events, version, reloads }: ErrorPageOptions): string {
  const [first] = reports
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(first?.title ?? 'All is well')}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body data-events="${escape(events)}" data-version="${escape(version)}">
<main>
${first === undefined ? '<h1>All functions are built</h1>' : reports.map(drawReport).join('\n')}
</main>
<footer>${reloads ? 'This page loads again as soon as a change is saved.' : 'Save the fix, go back, and send the request again.'}</footer>
${reloads ? `<script nonce="${nonce}">${SCRIPT}</script>` : ''}
</body>
</html>
`
}

/** The headers of such a page. */
export function errorPageHeaders (nonce: string): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`
  }
}

function drawReport ({ title, message, places, stack }: ErrorReport): string {
  return `<section>
<h1>${escape(title)}</h1>
${message === '' ? '' : `<p>${escape(message)}</p>`}
${places.map(drawPlace).join('\n')}
${stack === '' ? '' : `<details><summary>Stack trace</summary><pre>${escape(stack)}</pre></details>`}
</section>`
}

function drawPlace ({ message, position, frame }: ReportedPlace): string {
  return `<h2>${escape(message)}</h2>
<p class="place"><code>${escape(position)}</code></p>
${frame.length === 0 ? '' : `<pre>${frame.map(drawLine).join('')}</pre>`}`
}

function drawLine ({ number, text: [before, wrong, after], isMarked }: FrameLine): string {
  const code = `${escape(before)}${wrong === '' ? '' : `<mark>${escape(wrong)}</mark>`}${escape(after)}`
  return `<span${isMarked ? ' class="marked"' : ''}><i>${number}</i>${code}</span>`
}

/** Text as it is, and nothing in it that a browser would take for anything else. */
function escape (text: string): string {
  return stripVTControlCharacters(text).replace(DECEPTIVE, '\uFFFD').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
