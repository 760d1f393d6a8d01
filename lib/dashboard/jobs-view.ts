import type { JobFilter, JobState } from '../queue/driver.ts'
import { JOB_STATES } from '../server/jobs.ts'

/** Which jobs are shown: read from a query string, and written back into links. */
export interface JobsView {
  readonly state: JobState | undefined
  readonly function: string | undefined
  /** The first is 1. */
  readonly page: number
}

/** Jobs on one page. */
export const PAGE_SIZE = 50
const PAGE = /^[1-9]\d{0,6}$/

/** Reads what somebody may have typed into the address bar; `problem` says what of it makes no sense. */
export function readJobsView ({ state = '', function: name = '', page = '1' }: Readonly<Record<string, string>>): JobsView | { readonly problem: string } {
  const known = JOB_STATES.find((each) => each === state)
  if (state !== '' && known === undefined) return { problem: `No job is ever "${state}"; the states are ${JOB_STATES.join(', ')}.` }
  if (!PAGE.test(page)) return { problem: `There is no page "${page}"; the first one is 1.` }
  return { state: known, function: name === '' ? undefined : name, page: Number(page) }
}

/** Where a view is, below the dashboard. */
export function jobsPath (view: Partial<JobsView> = {}): string {
  const query = jobsQuery(view)
  return query === '' ? '/jobs' : `/jobs?${query}`
}

export function jobsQuery ({ state, function: name, page = 1 }: Partial<JobsView>): string {
  const query = new URLSearchParams()
  if (state !== undefined) query.set('state', state)
  if (name !== undefined) query.set('function', name)
  if (page > 1) query.set('page', String(page))
  return query.toString()
}

export function jobPath (id: string): string {
  return `/jobs/${encodeURIComponent(id)}`
}

/** With one job more than the page shows, which says whether there is another page. */
export function jobsFilter ({ state, function: name, page }: JobsView): JobFilter {
  return {
    ...state !== undefined && { state },
    ...name !== undefined && { function: name },
    offset: (page - 1) * PAGE_SIZE,
    limit: PAGE_SIZE + 1
  }
}
