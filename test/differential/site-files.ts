import type { SiteFiles } from '../helper.ts'
import { contextFiles } from './cases/context.ts'
import { cookieFiles } from './cases/cookies.ts'
import { lambdaFiles } from './cases/lambda.ts'
import { paramsFiles } from './cases/params.ts'
import { responseFiles } from './cases/responses.ts'
import { madeFiles } from './generated/responses.ts'
import { recorder } from './recorder.ts'

/** The functions that both runtimes run. */
export const siteFiles: SiteFiles = {
  '_record.mjs': recorder,
  'record.mjs': `
    import { record } from './_record.mjs'
    export default async (...args) => Response.json(await record(...args))`,
  ...paramsFiles,
  ...responseFiles,
  ...cookieFiles,
  ...contextFiles,
  ...lambdaFiles,
  ...madeFiles
}
