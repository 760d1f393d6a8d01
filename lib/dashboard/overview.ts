import type { FunctionInfo, NetlifyFunctions } from '../server/handle.ts'
import { count, duration, errorRate, rate } from './figures.ts'
import { html, type Html } from './html.ts'
import { overviewPath, PAGE_SIZE, readOverviewView, selectFunctions, SORTS, type Measured, type OverviewView, type Sort } from './overview-view.ts'
import type { Page, PageContent, PageRequest } from './page.ts'
import { plot, sparkline } from './plots.ts'
import type { Statistics } from './statistics.ts'
import type { Summary } from './tally.ts'

export interface OverviewOptions {
  readonly handle: NetlifyFunctions
  readonly statistics: Statistics
}

/** Seconds. */
const REFRESH = 5
const ROUTES_SHOWN = 3
const GUIDE = 'https://docs.netlify.com/build/functions/get-started/'

const COLUMNS: ReadonlyArray<readonly [sort: Sort, name: string, isNumber: boolean]> = [
  ['name', 'Function', false], ['state', 'State', false], ['rate', 'Per second', true], ['errors', 'Errors', true], ['p50', 'p50', true], ['p95', 'p95', true], ['p99', 'p99', true]
]

/** The page that all begins with: every function, and how it does. */
export function createOverviewPages ({ handle, statistics }: OverviewOptions): { pages: Page[] } {
  return { pages: [{ path: '', render: async (request) => renderOverview(handle.functions, statistics, request) }] }
}

function renderOverview (all: readonly FunctionInfo[], statistics: Statistics, { base, query }: PageRequest): PageContent {
  const view = readOverviewView(query)
  const measured = all.map((info): Measured => ({ info, summary: statistics.summary(info.name) }))
  const found = selectFunctions(measured, view)
  const last = Math.max(1, Math.ceil(found.length / PAGE_SIZE))
  const page = Math.min(view.page, last)
  const series = statistics.series()
  return {
    title: 'Overview',
    refresh: REFRESH,
    body: html`<h1>Overview</h1>
${drawTotals(measured, statistics.summary(), base)}
<div class="plots">
${plot('requests', 'Invocations per second', series, [{ label: 'all', unit: '/s', of: ({ rate }) => rate }, { label: 'failed', unit: '/s', of: ({ rate, count, failed }) => count === 0 ? 0 : rate * failed / count }])}
${plot('durations', 'Duration', series, [{ label: 'p50', unit: 'ms', of: ({ p50 }) => p50 }, { label: 'p95', unit: 'ms', of: ({ p95 }) => p95 }, { label: 'p99', unit: 'ms', of: ({ p99 }) => p99 }])}
</div>
<h2>Functions</h2>
${all.length === 0 ? html`<p class="empty">The site has no functions; <a href="${GUIDE}" rel="noreferrer">how to write one</a>.</p>` : drawFound()}`
  }

  function drawFound (): Html {
    const shown = { ...view, page }
    return html`${drawFilter(view, base)}
${found.length === 0 ? html`<p class="empty">No function is named like “${view.search}”.</p>` : drawTable(found.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE), shown, statistics, base)}
${last > 1 && drawPager(shown, last, found.length, base)}`
  }
}

function drawTotals (measured: readonly Measured[], { count: calls, failed, rate: perSecond, p50, p95, p99 }: Summary, base: string): Html {
  const broken = measured.filter(({ info }) => info.state === 'failed').length
  const cards: ReadonlyArray<readonly [string, string | Html, boolean]> = [
    ['Functions', html`${count(measured.length)}${broken > 0 && html` <a class="quiet" href="${base}/builds">${count(broken)} broken</a>`}`, false],
    ['Calls in an hour', count(calls), false],
    ['Per second', rate(perSecond), false],
    ['Errors', errorRate({ count: calls, failed }), failed > 0],
    ['p50', duration(p50), false], ['p95', duration(p95), false], ['p99', duration(p99), false]
  ]
  return html`<dl class="cards" aria-label="All functions">${cards.map(([name, value, isWrong]) => html`<div><dt>${name}</dt><dd${isWrong && html` class="wrong"`}>${value}</dd></div>`)}</dl>`
}

function drawFilter ({ search, sort }: OverviewView, base: string): Html {
  return html`<form class="filter" method="get" action="${base}" role="search" data-live>
<label>Name or route <input type="search" name="search" value="${search}" autocomplete="off" spellcheck="false"></label>
<label>Sorted by <select name="sort">${SORTS.map((each) => html`<option value="${each}"${each === sort && html` selected`}>${COLUMNS.find(([name]) => name === each)?.[1].toLowerCase()}</option>`)}</select></label>
<button>Show</button>
</form>`
}

function drawTable (rows: readonly Measured[], view: OverviewView, statistics: Statistics, base: string): Html {
  return html`<div class="scroll" role="region" aria-label="Functions" tabindex="0"><table class="functions">
<caption>Errors and durations are those of the last hour, rates of the last minute. The small plots have the invocations of each minute.</caption>
<thead><tr>${COLUMNS.slice(0, 1).map(drawHeading)}<th scope="col">Kind</th>${COLUMNS.slice(1).map(drawHeading)}<th scope="col">Last hour</th></tr></thead>
<tbody>${rows.map((row) => drawRow(row, statistics.minutes(row.info.name), base))}</tbody>
</table></div>`

  function drawHeading ([sort, name, isNumber]: (typeof COLUMNS)[number]): Html {
    const order = sort === 'name' || sort === 'state' ? 'ascending' : 'descending'
    return html`<th scope="col"${isNumber && html` class="number"`}${view.sort === sort && html` aria-sort="${order}"`}><a href="${base}${overviewPath({ ...view, sort, page: 1 })}">${name}</a></th>`
  }
}

function drawRow ({ info: { name, routes, kind, isolation, state }, summary }: Measured, minutes: readonly number[], base: string): Html {
  const { count: calls, failed, rate: perSecond, p50, p95, p99 } = summary
  return html`<tr>
<th scope="row"><a href="${base}/functions/${encodeURIComponent(name)}">${name}</a>${drawRoutes(routes)}</th>
<td class="wide">${kind ?? 'unknown'}${isolation === 'thread' && html` <span class="quiet">in a thread</span>`}</td>
<td class="wide"><span class="state state-${state}">${state}</span></td>
<td class="number" data-label="Per second">${rate(perSecond)}</td>
<td class="number${failed > 0 && ' wrong'}" data-label="Errors">${errorRate({ count: calls, failed })}</td>
<td class="number" data-label="p50">${duration(p50)}</td>
<td class="number" data-label="p95">${duration(p95)}</td>
<td class="number" data-label="p99">${duration(p99)}</td>
<td class="wide">${sparkline(minutes, `${count(calls)} invocations in the last hour`)}</td>
</tr>`
}

function drawRoutes (routes: readonly string[]): Html {
  const more = routes.length - ROUTES_SHOWN
  return html`${routes.slice(0, ROUTES_SHOWN).map((route) => html`<br><code class="quiet">${route}</code>`)}${more > 0 && html`<br><span class="quiet">and ${more} more</span>`}`
}

function drawPager (view: OverviewView, last: number, all: number, base: string): Html {
  const link = (page: number, label: string): Html => html`<li><a href="${base}${overviewPath({ ...view, page })}">${label}</a></li>`
  return html`<nav class="pages" aria-label="Pages"><ul>
${view.page > 1 && link(view.page - 1, 'Previous')}
<li aria-current="page">Page ${view.page} of ${last}, ${count(all)} functions</li>
${view.page < last && link(view.page + 1, 'Next')}
</ul></nav>`
}
