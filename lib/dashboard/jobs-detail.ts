import type { LogEntry } from '../logs/history.ts'
import type { Job } from '../queue/driver.ts'
import type { NetlifyFunctions } from '../server/handle.ts'
import { count, duration } from './figures.ts'
import { html, type Html } from './html.ts'
import { previewBody } from './jobs-body.ts'
import { drawChange, drawState } from './jobs-list.ts'
import { moment } from './jobs-time.ts'
import { jobsPath } from './jobs-view.ts'
import { messageOf } from './log-lines.ts'
import type { PageContent, PageRequest } from './page.ts'

type Parts = Pick<NetlifyFunctions, 'jobs' | 'logs'>

/** Seconds between two looks at a job that has not finished. */
const REFRESH = 2
/** Lines of one job that are shown. */
const LINES = 200

/** Draws all that is known of one job. */
export async function renderJob ({ jobs, logs }: Parts, { base, csrfToken, params }: PageRequest): Promise<PageContent> {
  const id = params['id'] ?? ''
  const job = await jobs.get(id)
  const back = html`<p><a href="${base}${jobsPath()}">All jobs</a></p>`
  if (job === undefined) {
    return { title: 'No such job', status: 404, body: html`<h1>No such job</h1><p class="empty">The queue has no job <code>${id}</code>. Finished jobs are forgotten after a time.</p>${back}` }
  }
  const entries = logs.list({ jobId: id, limit: LINES }).reverse()
  const change = drawChange(job, { from: 'job' }, { base, csrfToken })
  return {
    title: `Job ${id}`,
    ...job.finishedAt === undefined && { refresh: REFRESH },
    body: html`<h1>Job <code>${id}</code></h1>
${back}
${change && html`<div class="controls">${change}</div>`}
${drawFacts(job, base)}
${job.error !== undefined && html`<h2>Error of the last attempt that failed</h2><pre tabindex="0">${job.error}</pre>`}
<h2>Request</h2>
${drawRequest(job)}
<h2>Attempts</h2>
${drawAttempts(entries.filter((entry) => entry.type === 'invocation'))}
<h2>Log</h2>
${drawLines(entries.filter((entry) => entry.type === 'output'))}`
  }
}

function drawFacts (job: Job, base: string): Html {
  const { function: name, state, attempt, requestId, deployId, ip, route, enqueuedAt, runAt, finishedAt, params } = job
  const entries = Object.entries(params)
  return html`<dl class="facts">
<dt>Function</dt><dd><a href="${base}/functions/${encodeURIComponent(name)}">${name}</a></dd>
<dt>State</dt><dd>${drawState(state)}</dd>
<dt>Attempts</dt><dd>${attempt}</dd>
<dt>Queued</dt><dd>${moment(enqueuedAt)}</dd>
${state === 'waiting' && html`<dt>Next try</dt><dd>${moment(runAt)}</dd>`}
${finishedAt !== undefined && html`<dt>Finished</dt><dd>${moment(finishedAt)}</dd>`}
<dt>Request id</dt><dd><code>${requestId}</code></dd>
${deployId !== '' && html`<dt>Deploy</dt><dd><code>${deployId}</code></dd>`}
${ip !== '' && html`<dt>Client</dt><dd>${ip}</dd>`}
${route !== undefined && html`<dt>Route</dt><dd><code>${route}</code></dd>`}
${entries.length > 0 && html`<dt>Parameters</dt><dd>${entries.map(([key, value]) => html`<div><code>${key}</code>: <code>${value}</code></div>`)}</dd>`}
</dl>`
}

function drawRequest ({ request: { method, url, headers, body } }: Job): Html {
  const entries = Object.entries(headers)
  return html`<p><code>${method} ${url}</code></p>
${entries.length > 0 && html`<details><summary>Headers (${entries.length}, without secret ones)</summary><dl class="facts">
${entries.map(([name, value]) => html`<dt><code>${name}</code></dt><dd><code>${value}</code></dd>`)}</dl></details>`}
${drawBody(body)}`
}

function drawBody (body: Job['request']['body']): Html {
  const preview = previewBody(body)
  switch (preview.kind) {
    case 'none': return html`<p>No body.</p>`
    case 'bytes': return html`<p>A body of ${count(preview.size)} bytes, which are no text.</p>`
    case 'text': return html`<details><summary>Body (${count(preview.size)} bytes${preview.isCut && html`, the beginning`})</summary><pre tabindex="0">${preview.text}</pre></details>`
  }
}

function drawAttempts (entries: readonly LogEntry[]): Html {
  if (entries.length === 0) return html`<p class="empty">This process remembers none.</p>`
  return html`<div class="scroll" role="region" aria-label="Attempts" tabindex="0"><table class="stacked">
<thead><tr><th scope="col">Attempt</th><th scope="col">Began</th><th scope="col">Took</th><th scope="col">Outcome</th><th scope="col">Error</th></tr></thead>
<tbody>${entries.map((entry) => entry.type === 'invocation' && html`<tr>
<th scope="row">${entry.record.job?.attempt}</th>
<td data-label="Began">${moment(entry.record.startedAt)}</td>
<td data-label="Took">${duration(entry.record.duration)}</td>
<td data-label="Outcome"><span class="state state-${entry.record.outcome}">${entry.record.outcome}</span></td>
<td data-label="Error" class="message">${messageOf(entry.record.error)}</td>
</tr>`)}</tbody></table></div>`
}

function drawLines (entries: readonly LogEntry[]): Html {
  if (entries.length === 0) return html`<p class="empty">It has printed nothing that this process remembers.</p>`
  return html`<ol class="log" tabindex="0" aria-label="Log of this job">${entries.map((entry) => entry.type === 'output' && html`<li class="level-${entry.level}">${moment(entry.time)} <b>${entry.level}</b> <span>${entry.text}</span></li>`)}</ol>`
}
