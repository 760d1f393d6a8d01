import { html, type Html } from './html.ts'
import type { Notice } from './page.ts'

export interface LayoutOptions {
  readonly base: string
  /** Below the base, of what is loaded with a page. */
  readonly assets: { readonly style: string, readonly plots: string, readonly plotStyle: string, readonly script: string }
  /** Of the page, below the base. */
  readonly path: string
  readonly title: string
  readonly site: string | undefined
  readonly notice: Notice | undefined
  readonly refresh: number | undefined
  readonly body: Html
}

const SECTIONS = [['', 'Overview'], ['/jobs', 'Jobs'], ['/schedules', 'Schedules'], ['/builds', 'Builds']] as const

/** Draws the document around a page. */
export function drawDocument ({ base, assets, path, title, site, notice, refresh, body }: LayoutOptions): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · ${site ?? 'Netlify Functions'}</title>
<link rel="icon" href="${base}${assets.style.replace(/[^/]*$/, 'icon.svg')}">
<link rel="stylesheet" href="${base}${assets.plotStyle}">
<link rel="stylesheet" href="${base}${assets.style}">
<script src="${base}${assets.plots}" defer></script>
<script src="${base}${assets.script}" type="module"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="${base}">${site ?? 'Netlify Functions'}</a>
<nav aria-label="Dashboard"><ul>${SECTIONS.map(([section, name]) => html`<li><a href="${base}${section}"${isWithin(path, section) && html` aria-current="${path === section ? 'page' : 'true'}"`}>${name}</a></li>`)}</ul></nav>
<button type="button" class="pause" data-pause aria-pressed="false" hidden>Pause updates</button>
</header>
<div role="status">${notice && html`<p class="notice notice-${notice.kind}">${notice.text}</p>`}</div>
<main id="main" tabindex="-1"${refresh !== undefined && html` data-refresh="${refresh}"`}>
${body}
</main>
</body>
</html>
`.toString()
}

/** Pages of functions belong to the overview. */
function isWithin (path: string, section: string): boolean {
  if (section === '') return path === '' || path.startsWith('/functions')
  return path === section || path.startsWith(`${section}/`)
}
