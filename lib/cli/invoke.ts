import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import type { FunctionInfo } from '../index.ts'
import { failure, usage } from './failure.ts'
import { createLogger } from './log.ts'
import { type SiteFlags, toPluginOptions } from './options.ts'
import { showProgress } from './progress.ts'
import { findSite, openSite } from './site.ts'
import { toLine, toSingleLines } from './text.ts'
import type { Terminal } from './terminal.ts'

export interface InvokeFlags extends SiteFlags {
  readonly body?: string
  readonly method?: string
  readonly header?: string[]
  readonly path?: string
  readonly query?: string
  readonly include?: boolean
  readonly directory?: string
}

const SUGGESTED = 10

/** Runs one function and writes what it answers. Gives 1 if it failed, or answers with 400 or more. */
export async function invoke (name: string, flags: InvokeFlags, terminal: Terminal): Promise<number> {
  const request = await toRequest(name, flags)
  const root = findSite(flags.directory)
  const progress = showProgress()
  let isOpen = false
  // What the boot has to say concerns the other functions, too.
  const logger = createLogger({ level: flags.logLevel ?? 'info', isPretty: process.stderr.isTTY, terminal, isMuted: () => !isOpen, output: process.stderr })
  const options = { ...toPluginOptions(root, flags), exposeErrors: true, logs: { invocations: false }, background: { retryDelays: [] } }
  const app = await openSite(options, { logger }).finally(progress.stop)
  isOpen = true
  try {
    const { functions } = app.netlifyFunctions
    const found = functions.find((info) => info.name === name)
    if (found === undefined) throw unknown(name, functions)
    return found.kind === 'background' ? await runJob(app, name, request) : await respond(app, name, request, flags.include)
  } finally {
    await app.close()
  }
}

async function respond (app: FastifyInstance, name: string, request: Request, showsHead = false): Promise<number> {
  const response = await app.netlifyFunctions.invoke(name, request)
  if (showsHead) process.stderr.write(head(response))
  if (response.body !== null) {
    for await (const chunk of response.body) {
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
    }
  }
  return response.status < 400 ? 0 : 1
}

function head ({ status, statusText, headers }: Response): string {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\n`)
  return toSingleLines(`${[status, statusText].join(' ').trim()}\n${lines.join('')}\n`)
}

/** The function runs in this process, once, whatever other servers there are. */
async function runJob (app: FastifyInstance, name: string, request: Request): Promise<number> {
  const end = Promise.withResolvers<string | undefined>()
  app.netlifyFunctions.on('job', (event) => {
    if (event.type === 'succeeded') end.resolve(undefined)
    if (event.type === 'failed') end.resolve(event.error instanceof Error ? event.error.message : String(event.error))
  })
  await app.ready()
  await app.netlifyFunctions.invoke(name, request)
  const error = await end.promise
  process.stderr.write(error === undefined ? 'The background function has succeeded\n' : `The background function has failed: ${toLine(error.split('\n', 1)[0]!)}\n`)
  return error === undefined ? 0 : 1
}

async function toRequest (name: string, { body: given, method: wanted, header = [], path, query }: InvokeFlags): Promise<Request> {
  const body = given === undefined ? undefined : await readBody(given)
  const method = wanted?.toUpperCase() ?? (body === undefined ? 'GET' : 'POST')
  const headers = new Headers()
  for (const line of header) {
    const colon = line.indexOf(':')
    if (colon < 1) throw usage(`"--header" must be "name: value", not "${toLine(line)}"`)
    headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim())
  }
  const url = new URL(path ?? `/.netlify/functions/${encodeURIComponent(name)}`, 'http://localhost')
  if (query !== undefined) url.search = query
  try {
    return new Request(url, { method, headers, ...body !== undefined && { body } })
  } catch (error) {
    throw usage(`there can be no such request: ${(error as Error).message}`)
  }
}

async function readBody (given: string): Promise<string | Uint8Array<ArrayBuffer>> {
  if (given === '-') return new Uint8Array(await buffer(process.stdin))
  if (!given.startsWith('@')) return given
  try {
    return new Uint8Array(await readFile(given.slice(1)))
  } catch (error) {
    throw failure(`the body cannot be read: ${(error as Error).message}`, error)
  }
}

function unknown (name: string, functions: readonly FunctionInfo[]): Error {
  const names = functions.slice(0, SUGGESTED).map((info) => info.name).join(', ')
  return failure(`there is no function "${toLine(name)}"; ${names === '' ? 'the site has none' : `the site has ${names}${functions.length > SUGGESTED ? ' and others' : ''}`}`)
}
