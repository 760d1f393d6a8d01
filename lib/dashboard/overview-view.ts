import type { FunctionInfo } from '../server/handle.ts'
import type { Summary } from './tally.ts'

/** Which functions are shown, and in which order: read from a query string, and written back into links. */
export interface OverviewView {
  readonly search: string
  readonly sort: Sort
  /** The first is 1. */
  readonly page: number
}

export interface Measured {
  readonly info: FunctionInfo
  readonly summary: Summary
}

export type Sort = (typeof SORTS)[number]

/** Functions on one page. */
export const PAGE_SIZE = 100
export const SORTS = ['name', 'state', 'rate', 'errors', 'p50', 'p95', 'p99'] as const
const PAGE = /^[1-9]\d{0,5}$/
const LONGEST_SEARCH = 200

/** What makes no sense is as if it were not there. */
export function readOverviewView ({ search = '', sort = '', page = '' }: Readonly<Record<string, string>>): OverviewView {
  return {
    search: search.slice(0, LONGEST_SEARCH),
    sort: SORTS.find((each) => each === sort) ?? 'name',
    page: PAGE.test(page) ? Number(page) : 1
  }
}

/** Where a view is, below the dashboard. */
export function overviewPath ({ search, sort, page }: OverviewView): string {
  const query = new URLSearchParams()
  if (search !== '') query.set('search', search)
  if (sort !== 'name') query.set('sort', sort)
  if (page > 1) query.set('page', String(page))
  return query.size === 0 ? '' : `?${query}`
}

/** Figures from the highest, names from A. */
export function selectFunctions (all: readonly Measured[], { search, sort }: OverviewView): Measured[] {
  const part = search.trim().toLowerCase()
  return all
    .filter(({ info: { name, routes } }) => [name, ...routes].some((text) => text.toLowerCase().includes(part)))
    .sort((one, other) => weightOf(other, sort) - weightOf(one, sort) || compareNames(one, other))
}

function weightOf ({ info, summary }: Measured, sort: Sort): number {
  switch (sort) {
    case 'name': return 0
    case 'state': return info.state === 'failed' ? 1 : 0
    case 'errors': return summary.count === 0 ? -1 : summary.failed / summary.count
    default: return summary[sort] ?? -1
  }
}

function compareNames ({ info: { name: one } }: Measured, { info: { name: other } }: Measured): number {
  return one < other ? -1 : 1
}
