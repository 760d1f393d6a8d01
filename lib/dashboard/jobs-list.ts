import type { Job, JobCounts } from '../queue/driver.ts'
import type { NetlifyFunctions } from '../server/handle.ts'
import { JOB_STATES } from '../server/jobs.ts'
import { count } from './figures.ts'
import { html, type Html } from './html.ts'
import { RETRIED_AT_ONCE } from './jobs-actions.ts'
import { distance } from './jobs-time.ts'
import { jobPath, jobsFilter, jobsPath, jobsQuery, PAGE_SIZE, readJobsView, type JobsView } from './jobs-view.ts'
import { actionForm, type PageContent, type PageRequest } from './page.ts'

type Parts = Pick<NetlifyFunctions, 'functions' | 'jobs'>
type Links = Pick<PageRequest, 'base' | 'csrfToken'>

/** Seconds between two looks at the first page; the others are read, not watched. */
const REFRESH = 5
/** Characters of an error that stand in the table; the rest unfolds. */
const ERROR_LENGTH = 90
/** What every error of a function begins with. */
const OUR_WORDS = /^FastifyError: (?:Function "[\w-]+" failed: )?/
const GUIDE = 'https://docs.netlify.com/build/functions/background-functions/'

/** Draws the list of jobs. */
export async function renderJobs ({ functions, jobs }: Parts, { base, csrfToken, query }: PageRequest): Promise<PageContent> {
  const view = readJobsView(query)
  if ('problem' in view) {
    return { title: 'Jobs', status: 400, body: html`<h1>Jobs</h1><p class="empty">${view.problem} <a href="${base}${jobsPath()}">All jobs</a></p>` }
  }
  const [counts, found] = await Promise.all([jobs.stats(), jobs.list(jobsFilter(view))])
  const names = functions.filter(({ kind, events }) => kind !== 'request' || events.length > 0).map(({ name }) => name)
  const links = { base, csrfToken }
  return {
    title: 'Jobs',
    ...view.page === 1 && { refresh: REFRESH },
    body: html`<h1>Jobs</h1>
${drawTabs(view, counts, base)}
${drawFilter(view, names, base)}
${drawPauses(view, names, jobs.paused, links)}
${found.length === 0 ? drawNothing(view, counts, base) : drawTable(found.slice(0, PAGE_SIZE), view, links)}
${drawPager(view, counts, found.length > PAGE_SIZE, base)}`
  }
}

function drawTabs (view: JobsView, counts: JobCounts, base: string): Html {
  const tabs = [undefined, ...JOB_STATES].map((state) => html`<li><a href="${base}${jobsPath({ state, function: view.function })}"${view.state === state && html` aria-current="page"`}>
${state ?? 'all'}${view.function === undefined && html` <span class="count">${count(state === undefined ? total(counts) : counts[state])}</span>`}</a></li>`)
  return html`<nav class="tabs" aria-label="Jobs by state"><ul>${tabs}</ul></nav>`
}

function drawFilter ({ state, function: chosen }: JobsView, names: readonly string[], base: string): Html {
  // Jobs of functions that are gone may be stored all the same.
  const offered = chosen === undefined || names.includes(chosen) ? names : [...names, chosen]
  return html`<form class="filter" method="get" action="${base}/jobs">
${state && html`<input type="hidden" name="state" value="${state}">`}
<label>Function <select name="function"><option value="">all functions</option>
${offered.map((name) => html`<option value="${name}"${name === chosen && html` selected`}>${name}</option>`)}</select></label>
<button>Show</button>
</form>`
}

function drawPauses (view: JobsView, names: readonly string[], { all, functions: paused }: Parts['jobs']['paused'], links: Links): Html {
  const button = (action: string, label: string, name?: string): Html => jobForm(action, label, { ...name !== undefined && { function: name } }, view, links)
  const { function: chosen } = view
  const isKnown = chosen !== undefined && names.includes(chosen)
  return html`<div class="controls">
${all ? html`<p class="paused">No job begins in this process.</p> ${button('/jobs/resume', 'Resume all')}` : html`${button('/jobs/pause', 'Pause all')}`}
${!all && paused.map((name) => html`<p class="paused">No job of <b>${name}</b> begins in this process.</p> ${button('/jobs/resume', `Resume ${name}`, name)}`)}
${isKnown && !all && !paused.includes(chosen) && button('/jobs/pause', `Pause ${chosen}`, chosen)}
${chosen !== undefined && actionForm({
    ...links,
    action: '/jobs/retry-failed',
    fields: { function: chosen, view: jobsQuery(view) },
    label: `Retry failed jobs of ${chosen}`,
    confirm: `Queue the failed jobs of ${chosen} again, up to ${count(RETRIED_AT_ONCE)} of them?`
  })}
</div>`
}

function drawTable (jobs: readonly Job[], view: JobsView, links: Links): Html {
  const now = Date.now()
  return html`<div class="scroll" role="region" aria-label="List of jobs" tabindex="0"><table class="stacked">
<caption>Newest first</caption>
<thead><tr><th scope="col">Job</th><th scope="col">Function</th><th scope="col">State</th><th scope="col">Attempts</th><th scope="col">Queued</th><th scope="col">Next try</th><th scope="col">Finished</th><th scope="col">Error</th><th scope="col">Action</th></tr></thead>
<tbody>${jobs.map((job) => drawRow(job, view, links, now))}</tbody>
</table></div>`
}

function drawRow (job: Job, view: JobsView, links: Links, now: number): Html {
  const { id, function: name, state, attempt, enqueuedAt, runAt, finishedAt, error } = job
  return html`<tr>
<th scope="row"><a href="${links.base}${jobPath(id)}"><code>${id}</code></a></th>
<td data-label="Function"><a href="${links.base}/functions/${encodeURIComponent(name)}">${name}</a></td>
<td data-label="State">${drawState(state)}</td>
<td class="number" data-label="Attempts">${attempt}</td>
<td data-label="Queued">${distance(enqueuedAt, now)}</td>
<td data-label="Next try">${state === 'waiting' && (runAt > now ? distance(runAt, now) : 'now')}</td>
<td data-label="Finished">${finishedAt !== undefined && distance(finishedAt, now)}</td>
<td data-label="Error">${error !== undefined && drawError(error)}</td>
<td>${drawChange(job, { view: jobsQuery(view) }, links)}</td>
</tr>`
}

export function drawState (state: Job['state']): Html {
  return html`<span class="state state-${state}">${state}</span>`
}

/** The button for what can be done about a job. */
export function drawChange ({ id, state }: Pick<Job, 'id' | 'state'>, from: Readonly<Record<string, string>>, links: Links): Html | undefined {
  const fields = { id, ...from }
  const about = `job ${id}`
  switch (state) {
    case 'failed':
    case 'cancelled': return actionForm({ ...links, action: '/jobs/retry', fields, label: 'Retry', about })
    case 'waiting': return actionForm({ ...links, action: '/jobs/cancel', fields, label: 'Cancel', about, confirm: `Cancel job ${id}?`, kind: 'danger' })
    default: return undefined
  }
}

function drawError (error: string): Html {
  const [line = ''] = error.replace(OUR_WORDS, '').split('\n', 1)
  if (error.length <= ERROR_LENGTH && line === error) return html`${error}`
  return html`<details><summary>${line.length > ERROR_LENGTH ? `${line.slice(0, ERROR_LENGTH)}…` : line}</summary><pre tabindex="0">${error}</pre></details>`
}

function drawNothing (view: JobsView, counts: JobCounts, base: string): Html {
  if (view.page > 1) return html`<p class="empty">There are no jobs so far back. <a href="${base}${jobsPath({ ...view, page: 1 })}">The newest ones</a></p>`
  if (view.state !== undefined || view.function !== undefined) return html`<p class="empty">No job is like this. <a href="${base}${jobsPath()}">All jobs</a></p>`
  return html`<p class="empty">No jobs yet. Calls of background functions and runs of schedules become jobs; <a href="${GUIDE}" rel="noreferrer">how to make a background function</a>.</p>`
}

function drawPager (view: JobsView, counts: JobCounts, isMore: boolean, base: string): Html | undefined {
  if (view.page === 1 && !isMore) return undefined
  const last = lastPage(view, counts)
  const link = (page: number, label: string): Html => html`<li><a href="${base}${jobsPath({ ...view, page })}">${label}</a></li>`
  return html`<nav class="pages" aria-label="Pages"><ul>
${view.page > 1 && html`${link(1, 'Newest')}${link(view.page - 1, 'Newer')}`}
<li aria-current="page">Page ${count(view.page)}${last !== undefined && html` of ${count(last)}`}</li>
${isMore && link(view.page + 1, 'Older')}${isMore && last !== undefined && last > view.page + 1 && link(last, 'Oldest')}
</ul></nav>`
}

/** Nobody counts the jobs of one function. */
function lastPage ({ state, function: name }: JobsView, counts: JobCounts): number | undefined {
  if (name !== undefined) return undefined
  return Math.max(1, Math.ceil((state === undefined ? total(counts) : counts[state]) / PAGE_SIZE))
}

function total (counts: JobCounts): number {
  return JOB_STATES.reduce((sum, state) => sum + counts[state], 0)
}

function jobForm (action: string, label: string, fields: Readonly<Record<string, string>>, view: JobsView, links: Links): Html {
  return actionForm({ ...links, action, fields: { ...fields, view: jobsQuery(view) }, label })
}
