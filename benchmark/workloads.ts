import type { Workload } from './workload.ts'
import { workload as echo } from './workloads/echo.ts'
import { workload as hello } from './workloads/hello.ts'
import { workload as json } from './workloads/json.ts'
import { workload as params } from './workloads/params.ts'

/** In the order of the report. */
export const workloads: ReadonlyMap<string, Workload> = new Map(Object.entries({ hello, json, params, echo }))
