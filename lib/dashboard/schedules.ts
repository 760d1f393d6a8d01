import type { NetlifyFunctions } from '../server/handle.ts'
import type { ScheduledRun, ScheduleInfo } from '../server/schedules.ts'
import { html, type Html } from './html.ts'
import { drawState } from './jobs-list.ts'
import { distance, twoClocks } from './jobs-time.ts'
import { jobPath } from './jobs-view.ts'
import { actionForm, type Action, type Page, type PageContent, type PageRequest } from './page.ts'
import { describeCron } from './schedules-cron.ts'

type Parts = Pick<NetlifyFunctions, 'schedules'>
type Links = Pick<PageRequest, 'base' | 'csrfToken'>

const PATH = '/schedules'
/** Seconds. */
const REFRESH = 10
const GUIDE = 'https://docs.netlify.com/build/functions/scheduled-functions/'

/** What runs by the clock, and what can be done about it. */
export function createSchedulesPages (handle: NetlifyFunctions): { pages: Page[], actions: Action[] } {
  return {
    pages: [{ path: PATH, render: async (request) => await renderSchedules(handle, request) }],
    actions: createActions(handle)
  }
}

function createActions ({ schedules }: Parts): Action[] {
  return [
    {
      path: '/schedules/run',
      async run ({ function: name = '' }) {
        const id = await schedules.run(name)
        return { to: PATH, notice: `A run of "${name}" is queued as job ${id}.` }
      }
    },
    {
      path: '/schedules/pause',
      async run (fields) {
        const name = nameIn(fields)
        schedules.pause(name)
        return { to: PATH, notice: `${name === undefined ? 'All schedules are' : `The schedule of "${name}" is`} paused in this process: the times pass by.` }
      }
    },
    {
      path: '/schedules/resume',
      async run (fields) {
        const name = nameIn(fields)
        schedules.resume(name)
        return { to: PATH, notice: `${name === undefined ? 'All schedules run' : `The schedule of "${name}" runs`} again.` }
      }
    }
  ]
}

async function renderSchedules ({ schedules }: Parts, links: PageRequest): Promise<PageContent> {
  const all = await schedules.list()
  return {
    title: 'Schedules',
    refresh: REFRESH,
    body: html`<h1>Schedules</h1>
${all.length === 0 ? drawNothing() : html`${drawControls(all, schedules.paused.all, links)}${drawTable(all, schedules.paused.all, links)}`}`
  }
}

function drawNothing (): Html {
  return html`<p class="empty">No function has a schedule; <a href="${GUIDE}" rel="noreferrer">how to give it one</a>.</p>`
}

function drawControls (all: readonly ScheduleInfo[], allPaused: boolean, links: Links): Html {
  return html`<div class="controls">
${all.some(({ active }) => !active) && html`<p class="paused">The clock of this process runs none of them: the option <code>schedule</code> is off, or the server does not listen. They run by hand.</p>`}
${allPaused && html`<p class="paused">All schedules are paused in this process.</p>`}
${allPaused ? button('/schedules/resume', 'Resume all', undefined, links) : button('/schedules/pause', 'Pause all', undefined, links)}
</div>`
}

function drawTable (all: readonly ScheduleInfo[], allPaused: boolean, links: Links): Html {
  return html`<div class="scroll" role="region" aria-label="List of schedules" tabindex="0"><table class="stacked">
<thead><tr><th scope="col">Function</th><th scope="col">Schedule</th><th scope="col">Next runs</th><th scope="col">Last run</th><th scope="col">Action</th></tr></thead>
<tbody>${all.map((info) => drawRow(info, allPaused, links))}</tbody>
</table></div>`
}

function drawRow ({ function: name, schedule, nextRuns, paused, lastRun }: ScheduleInfo, allPaused: boolean, links: Links): Html {
  const words = describeCron(schedule)
  return html`<tr>
<th scope="row"><a href="${links.base}/functions/${encodeURIComponent(name)}">${name}</a>${paused && html` <span class="state state-paused">paused</span>`}</th>
<td data-label="Schedule"><div>${words !== undefined && html`${words}<br>`}<code>${schedule}</code></div></td>
<td data-label="Next runs"><div>${drawTimes(nextRuns)}</div></td>
<td data-label="Last run"><div>${lastRun === undefined ? 'none yet' : drawLastRun(lastRun, links.base)}</div></td>
<td>${button('/schedules/run', 'Run now', name, links)}
${!allPaused && (paused ? button('/schedules/resume', 'Resume', name, links) : button('/schedules/pause', 'Pause', name, links))}</td>
</tr>`
}

function drawTimes ([next, ...others]: readonly Date[]): Html {
  if (next === undefined) return html`never again`
  return html`${twoClocks(next)}${others.length > 0 && html`<details><summary>and then</summary><ul>${others.map((time) => html`<li>${twoClocks(time)}</li>`)}</ul></details>`}`
}

function drawLastRun ({ at, state, error, job }: ScheduledRun, base: string): Html {
  return html`${drawState(state)} <a href="${base}${jobPath(job)}">${distance(at.getTime(), Date.now())}</a>
${error !== undefined && html`<details><summary>Error</summary><pre tabindex="0">${error}</pre></details>`}`
}

function button (action: string, label: string, name: string | undefined, { base, csrfToken }: Links): Html {
  return actionForm({ base, csrfToken, action, label, ...name === undefined ? { fields: {} } : { fields: { function: name }, about: name } })
}

function nameIn (fields: Readonly<Record<string, string>>): string | undefined {
  return fields['function'] || undefined
}
