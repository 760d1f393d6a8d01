import type { NetlifyFunctions } from '../server/handle.ts'
import { createJobsActions } from './jobs-actions.ts'
import { renderJob } from './jobs-detail.ts'
import { renderJobs } from './jobs-list.ts'
import type { Action, Page } from './page.ts'

/** The list of jobs, each job, and what can be done about them. */
export function createJobsPages (handle: NetlifyFunctions): { pages: Page[], actions: Action[] } {
  return {
    pages: [
      { path: '/jobs', render: async (request) => await renderJobs(handle, request) },
      { path: '/jobs/:id', render: async (request) => await renderJob(handle, request) }
    ],
    actions: createJobsActions(handle)
  }
}
