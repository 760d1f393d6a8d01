import type { Workload } from './workload.ts'
import { workload as bulkStream } from './workloads/bulk-stream.ts'
import { workload as echo } from './workloads/echo.ts'
import { workload as hello } from './workloads/hello.ts'
import { workload as json } from './workloads/json.ts'
import { workload as manyFunctions } from './workloads/many-functions.ts'
import { workload as packages } from './workloads/packages.ts'
import { workload as params } from './workloads/params.ts'
import { workload as rewrite } from './workloads/rewrite.ts'
import { fileBesideRules, lastRule } from './workloads/rules.ts'
import { workload as smallChunks } from './workloads/small-chunks.ts'
import { workload as staticFile } from './workloads/static-file.ts'
import { workload as upload } from './workloads/upload.ts'

/** In the order of the report. */
export const workloads: ReadonlyMap<string, Workload> = new Map(Object.entries({
  hello,
  json,
  params,
  echo,
  packages,
  upload,
  'bulk-stream': bulkStream,
  'small-chunks': smallChunks,
  'many-functions': manyFunctions,
  'static-file': staticFile,
  'file-beside-rules': fileBesideRules,
  'last-rule': lastRule,
  rewrite
}))
