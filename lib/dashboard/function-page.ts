import { relative } from 'node:path'
import { OUTPUT_LEVELS } from '../functions/output.ts'
import type { InvocationRecord } from '../functions/invocation-record.ts'
import type { FunctionInfo, NetlifyFunctions } from '../server/handle.ts'
import { bytes, count, duration, errorRate, rate } from './figures.ts'
import { html, type Html } from './html.ts'
import { distance } from './jobs-time.ts'
import { messageOf, readLogFilter, toLine, type LogLine } from './log-lines.ts'
import type { Page, PageContent, PageRequest } from './page.ts'
import { plot } from './plots.ts'
import type { Statistics } from './statistics.ts'

export interface FunctionPagesOptions {
  readonly handle: NetlifyFunctions
  readonly statistics: Statistics
  /** Of the site; files are named below it. */
  readonly root: string
}

/** Seconds. */
const REFRESH = 5
const INVOCATIONS = 20
const LINES = 100
/** Characters of a config that are shown. */
const LONGEST_CONFIG = 20_000

/** All about one function. */
export function createFunctionPages (options: FunctionPagesOptions): { pages: Page[] } {
  return { pages: [{ path: '/functions/:name', render: async (request) => renderFunction(options, request) }] }
}

function renderFunction ({ handle, statistics, root }: FunctionPagesOptions, request: PageRequest): PageContent {
  const { base, params, query } = request
  const name = params['name'] ?? ''
  const back = html`<p><a href="${base}">All functions</a></p>`
  const info = handle.functions.find((each) => each.name === name)
  if (info === undefined) {
    return { title: 'No such function', status: 404, body: html`<h1>No such function</h1><p class="empty">The site has no function <code>${name}</code>.</p>${back}` }
  }
  const { count: calls, failed, rate: perSecond, p50, p95, p99 } = statistics.summary(name)
  const series = statistics.series(name)
  const figures: ReadonlyArray<readonly [string, string, boolean]> = [
    ['Calls in an hour', count(calls), false], ['Per second', rate(perSecond), false], ['Errors', errorRate({ count: calls, failed }), failed > 0],
    ['p50', duration(p50), false], ['p95', duration(p95), false], ['p99', duration(p99), false]
  ]
  return {
    title: name,
    refresh: REFRESH,
    body: html`<h1>${name}</h1>
${back}
${info.error !== undefined && html`<section class="report"><h2 class="unseen">Why it cannot run</h2><p class="message">${textOfError(info.error)}</p><p><a href="${base}/builds">Where the error is</a></p></section>`}
<dl class="cards" aria-label="Figures of the last hour">${figures.map(([term, value, isWrong]) => html`<div><dt>${term}</dt><dd${isWrong && html` class="wrong"`}>${value}</dd></div>`)}</dl>
<div class="plots">
${plot(`durations-${name}`, 'Duration', series, [{ label: 'p50', unit: 'ms', of: ({ p50 }) => p50 }, { label: 'p95', unit: 'ms', of: ({ p95 }) => p95 }, { label: 'p99', unit: 'ms', of: ({ p99 }) => p99 }])}
${plot(`requests-${name}`, 'Invocations per second', series, [{ label: 'all', unit: '/s', of: ({ rate }) => rate }, { label: 'failed', unit: '/s', of: ({ rate, count, failed }) => count === 0 ? 0 : rate * failed / count }])}
</div>
<h2>About it</h2>
${drawFacts(info, root, base)}
<h2 id="log">Live log</h2>
${drawLog(handle, name, query, base)}
<h2>Recent invocations</h2>
${drawInvocations(handle, name, base)}`
  }
}

function drawFacts ({ name, routes, kind, isolation, events, schedule, file, state, config }: FunctionInfo, root: string, base: string): Html {
  return html`<dl class="facts">
<dt>State</dt><dd><span class="state state-${state}">${state}</span></dd>
<dt>Routes</dt><dd>${routes.length === 0 ? 'none' : routes.map((route) => html`<div><code>${route}</code></div>`)}</dd>
<dt>Kind</dt><dd>${kind ?? 'unknown until it loads'}${kind !== undefined && kind !== 'request' && html` · <a href="${base}/jobs?function=${encodeURIComponent(name)}">its jobs</a>`}</dd>
${isolation !== undefined && html`<dt>Runs</dt><dd>${isolation === 'thread' ? 'in a thread' : 'inline'}</dd>`}
${events.length > 0 && html`<dt>Events</dt><dd>${events.join(', ')}</dd>`}
${schedule !== undefined && html`<dt>Schedule</dt><dd><code>${schedule}</code> · <a href="${base}/schedules">schedules</a></dd>`}
<dt>Source file</dt><dd><code>${relative(root, file)}</code></dd>
<dt>Config</dt><dd>${config === undefined ? 'unknown until it loads' : drawConfig(config)}</dd>
</dl>`
}

function drawInvocations ({ logs }: NetlifyFunctions, name: string, base: string): Html {
  const records = logs.list({ function: name, type: 'invocation', limit: INVOCATIONS }).flatMap((entry) => entry.type === 'invocation' ? entry.record : [])
  if (records.length === 0) return html`<p class="empty">None yet, or the option <code>logs</code> keeps none.</p>`
  const now = Date.now()
  return html`<div class="scroll" role="region" aria-label="Recent invocations" tabindex="0"><table class="invocations">
<caption>The newest ${INVOCATIONS} that are kept</caption>
<thead><tr><th scope="col">Request id</th><th scope="col">When</th><th scope="col">Outcome</th><th scope="col" class="number">Status</th><th scope="col" class="number">Duration</th><th scope="col">What</th><th scope="col" class="number">In</th><th scope="col" class="number">Out</th></tr></thead>
<tbody>${records.map((record) => drawInvocation(record, now, name, base))}</tbody>
</table></div>`
}

function drawInvocation ({ requestId, startedAt, outcome, status, duration: took, trigger, method, path, job, bytesIn, bytesOut, error }: InvocationRecord, now: number, name: string, base: string): Html {
  return html`<tr>
<th scope="row"><a href="${base}/functions/${encodeURIComponent(name)}?request=${encodeURIComponent(requestId)}#log"><code>${requestId}</code></a></th>
<td>${distance(startedAt, now)}</td>
<td><span class="state state-${outcome}">${outcome}</span>${outcome === 'failed' && html`<br><span class="quiet">${messageOf(error).slice(0, 200)}</span>`}</td>
<td class="number">${status}</td>
<td class="number">${duration(took)}</td>
<td><code>${method} ${path}</code>${trigger !== 'http' && html`<br><span class="quiet">${trigger}${job !== undefined && html`, <a href="${base}/jobs/${encodeURIComponent(job.id)}">attempt ${job.attempt}</a>`}</span>`}</td>
<td class="number">${bytes(bytesIn)}</td>
<td class="number">${bytes(bytesOut)}</td>
</tr>`
}

function drawLog ({ logs }: NetlifyFunctions, name: string, query: Readonly<Record<string, string>>, base: string): Html {
  const { level = '', text = '', requestId = '' } = readLogFilter(query)
  const filter = { ...readLogFilter(query), function: name }
  const lines = logs.list({ ...filter, limit: LINES }).reverse().map(toLine)
  const events = new URLSearchParams({ function: name, level, text, request: requestId, after: String(logs.list({ limit: 1 })[0]?.id ?? 0) })
  return html`<form class="filter" method="get" action="${base}/functions/${encodeURIComponent(name)}" data-live>
<label>At least <select name="level"><option value="">every line</option>${OUTPUT_LEVELS.slice(1).map((each) => html`<option value="${each}"${each === level && html` selected`}>${each}</option>`)}</select></label>
<label>With the text <input type="search" name="text" value="${text}" autocomplete="off" spellcheck="false"></label>
<label>Request id <input name="request" value="${requestId}" autocomplete="off" spellcheck="false"></label>
<button>Show</button>
</form>
<div class="controls" data-log-controls data-keep="always" data-key="log-controls"><button type="button" data-log-pause aria-pressed="false" hidden>Pause</button><button type="button" data-log-clear hidden>Clear</button><span data-log-state role="status"></span></div>
<div class="log" role="log" aria-label="Log of ${name}" tabindex="0" data-keep data-key="log" data-live-log="${base}/events?${events.toString()}">${lines.map(drawLine)}</div>`
}

function drawLine ({ time, level, text }: LogLine): Html {
  const iso = new Date(time).toISOString()
  return html`<div class="level-${level}"><time datetime="${iso}">${iso.slice(11, 23)}</time> <b>${level}</b> <span>${text}</span></div>`
}

function textOfError (error: Error): string {
  return String(error.message)
}

function drawConfig (config: object): Html {
  const text = JSON.stringify(config, leaveOutNothing, 2).slice(0, LONGEST_CONFIG)
  return text === '{}' ? html`nothing set` : html`<pre tabindex="0">${text}</pre>`
}

/** What is not set is `false`, or a list of nothing. */
function leaveOutNothing (_key: string, value: unknown): unknown {
  return value === false || (Array.isArray(value) && value.length === 0) ? undefined : value
}
