import { createBuildsPages } from './builds.ts'
import { createFunctionPages, type FunctionPagesOptions } from './function-page.ts'
import { createJobsPages } from './jobs.ts'
import { createOverviewPages } from './overview.ts'
import type { Action, Page } from './page.ts'
import { createSchedulesPages } from './schedules.ts'

/** Every page and every action of the dashboard. */
export function createPages (options: FunctionPagesOptions): { pages: Page[], actions: Action[] } {
  const jobs = createJobsPages(options.handle)
  const schedules = createSchedulesPages(options.handle)
  const builds = createBuildsPages(options)
  return {
    pages: [...createOverviewPages(options).pages, ...createFunctionPages(options).pages, ...jobs.pages, ...schedules.pages, ...builds.pages],
    actions: [...jobs.actions, ...schedules.actions, ...builds.actions]
  }
}
