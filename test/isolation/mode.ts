import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { IsolationMode } from '../../lib/functions/definition.ts'
import type { NetlifyFunctionsOptions } from '../../lib/options.ts'
import { captureLog, createApp } from '../helper.ts'

export const BY_NAME = '/.netlify/functions/'

type Create = (t: Test, functions: Readonly<Record<string, string>>, options?: NetlifyFunctionsOptions, log?: ReturnType<typeof captureLog>) => Promise<FastifyInstance>

/** Gives what makes apps whose functions, all of them, run in this mode. */
export function createIn (isolation: IsolationMode): Create {
  return async (t, functions, options = {}, log = captureLog()) => {
    const files = Object.fromEntries(Object.entries(functions).map(([name, content]) => [`netlify/functions/${name}`, content]))
    return await createApp(t, files, { isolation, ...options }, { logger: log.logger })
  }
}
