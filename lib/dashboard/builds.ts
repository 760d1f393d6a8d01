import type { ErrorReport, FrameLine, ReportedPlace } from '../server/error-page.ts'
import { reportError } from '../server/error-report.ts'
import type { FunctionInfo, NetlifyFunctions } from '../server/handle.ts'
import { recordBuilds, type BuildRecord, type Builds } from './builds-record.ts'
import { count, duration as inUnits } from './figures.ts'
import { html, type Html } from './html.ts'
import { moment } from './jobs-time.ts'
import { actionForm, type Action, type Page, type PageContent, type PageRequest } from './page.ts'

export interface BuildsPagesOptions {
  readonly handle: NetlifyFunctions
  /** Of the site; places in files are shown below it. */
  readonly root: string
}

interface FailedInfo extends FunctionInfo {
  readonly error: Error
}

const PATH = '/builds'
/** Seconds. */
const REFRESH = 5
/** One mistake in a file that all import can break hundreds of functions. */
const MOST_REPORTS = 50
const MOST_NAMES = 10

/** What does not build, what was built lately, and the button that builds anew. */
export function createBuildsPages ({ handle, root }: BuildsPagesOptions): { pages: Page[], actions: Action[] } {
  const builds = recordBuilds(handle)
  return {
    pages: [{ path: PATH, render: async (request) => await renderBuilds(handle, builds, root, request) }],
    actions: [{
      path: '/builds/reload',
      async run () {
        await handle.reload()
        const bundled = builds.records[0]?.bundled.length ?? 0
        return { to: PATH, notice: `A new version of the site is served. ${countOf(bundled, 'function')} ${bundled === 1 ? 'was' : 'were'} bundled anew.` }
      }
    }]
  }
}

async function renderBuilds ({ functions }: NetlifyFunctions, builds: Builds, root: string, { base, csrfToken }: PageRequest): Promise<PageContent> {
  const failed = functions.filter((info): info is FailedInfo => info.error !== undefined)
  const reports = await Promise.all([
    ...builds.refusal === undefined ? [] : [reportError(builds.refusal, undefined, root)],
    ...failed.slice(0, MOST_REPORTS).map(async (info) => await reportError(info.error, info, root))
  ])
  return {
    title: 'Builds',
    refresh: REFRESH,
    body: html`<h1>Builds</h1>
<p>The version that is served has ${countOf(functions.length - failed.length, 'function')} that can run${failed.length > 0 && html`, and ${countOf(failed.length, 'function')} that cannot`}. Served since ${moment(builds.servedSince)}.</p>
<div class="controls">${actionForm({ base, csrfToken, action: '/builds/reload', fields: {}, label: 'Reload' })}<p>Reads the site from the disk and serves it, unless a function that runs now would not.</p></div>
<h2>What is wrong</h2>
${reports.length === 0 ? html`<p class="empty">Every function is built and loaded.</p>` : reports.map(drawReport)}
${failed.length > MOST_REPORTS && html`<p>${failed.length - MOST_REPORTS} more functions cannot run.</p>`}
<h2>Last builds</h2>
${builds.records.length === 0 ? html`<p class="empty">The site was built when the server started, and not since.</p>` : drawRecords(builds.records)}`
  }
}

function drawReport ({ title, message, places, stack }: ErrorReport): Html {
  return html`<section class="report">
<h3>${title}</h3>
${message !== '' && html`<p class="message">${message}</p>`}
${places.map(drawPlace)}
${stack !== '' && html`<details><summary>Stack trace</summary><pre tabindex="0">${stack}</pre></details>`}
</section>`
}

function drawPlace ({ message, position, frame }: ReportedPlace): Html {
  return html`<h4 class="message">${message}</h4>
<p><code>${position}</code></p>
${frame.length > 0 && html`<pre class="frame" tabindex="0">${frame.map(drawLine)}</pre>`}`
}

function drawLine ({ number, text: [before, wrong, after], isMarked }: FrameLine): Html {
  return html`<span${isMarked && html` class="marked"`}><i>${number}</i>${before}${wrong !== '' && html`<mark>${wrong}</mark>`}${after}
</span>`
}

function drawRecords (records: readonly BuildRecord[]): Html {
  return html`<div class="scroll" role="region" aria-label="Last builds" tabindex="0"><table class="stacked">
<thead><tr><th scope="col">When</th><th scope="col">Outcome</th><th scope="col">Took</th><th scope="col">Bundled anew</th><th scope="col">Cannot run</th></tr></thead>
<tbody>${records.map(({ at, outcome, duration, bundled, failed, reason }) => html`<tr>
<th scope="row">${moment(at)}</th>
<td data-label="Outcome"><div><span class="state state-${outcome === 'served' ? 'succeeded' : 'failed'}">${outcome}</span>${reason !== undefined && html`<details><summary>Why</summary><pre tabindex="0">${reason}</pre></details>`}</div></td>
<td class="number" data-label="Took">${inUnits(duration)}</td>
<td data-label="Bundled anew">${namesOf(bundled)}</td>
<td data-label="Cannot run">${namesOf(failed)}</td>
</tr>`)}</tbody></table></div>`
}

function namesOf (names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(', ') || 'none'
  return `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`
}

function countOf (number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? '' : 's'}`
}
