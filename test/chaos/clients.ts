import { createHash } from 'node:crypto'
import { streamOf } from './site.ts'

/** What became of a request. */
export type Outcome =
  | { readonly kind: 'right' }
  /** The server says that it may be sent again. */
  | { readonly kind: 'refused', readonly code: string }
  /** The connection was closed before the end, as it is where no right end is possible. */
  | { readonly kind: 'broken off' }
  | { readonly kind: 'wrong', readonly what: string }
  | { readonly kind: 'hung' }

/** Sends the request of this number, and looks at what comes. */
export type Client = (origin: string, number: number, signal: AbortSignal) => Promise<Outcome>

/** Milliseconds that any answer may take on a busy machine. */
export const DEADLINE = 20_000
const UPLOAD = 200_000
const RIGHT: Outcome = { kind: 'right' }

/** Whether functions are in this version, which is the one of a request in between. */
export interface VersionWindow {
  readonly served: () => number
  readonly newest: () => number
}

/** Clients that ask for nothing unusual, of the functions with this prefix. */
export function wellBehavedClients (prefix: string, { served, newest }: VersionWindow): Record<string, Client> {
  return {
    async hello (origin, number, signal) {
      return await expectText(await fetch(`${origin}/.netlify/functions/${prefix}hello?n=${number}`, { signal }), `hello ${number}`)
    },

    async upload (origin, number, signal) {
      const body = Buffer.alloc(UPLOAD, `${number} `)
      const response = await fetch(`${origin}/.netlify/functions/${prefix}upload`, { method: 'POST', body, signal })
      return await expectText(response, createHash('sha256').update(body).digest('hex'))
    },

    async stream (origin, number, signal) {
      return await expectText(await fetch(`${origin}/.netlify/functions/${prefix}stream?n=${number}`, { signal }), streamOf(number))
    },

    async version (origin, _number, signal) {
      const least = served()
      const response = await fetch(`${origin}/.netlify/functions/${prefix}version`, { signal })
      const text = await response.text()
      const version = Number(/^version (\d+)$/.exec(text)?.[1])
      return response.status === 200 && version >= least && version <= newest() ? RIGHT : notRight(response, text)
    },

    async leave (origin, _number, signal) {
      const leaving = new AbortController()
      const response = await fetch(`${origin}/.netlify/functions/${prefix}endless`, { signal: AbortSignal.any([signal, leaving.signal]) })
      if (response.status !== 200) return notRight(response, await response.text())
      const { value } = await response.body!.getReader().read()
      leaving.abort()
      return value?.every((byte) => byte === 0) ? RIGHT : { kind: 'wrong', what: 'other bytes' }
    },

    async stray (origin, _number, signal) {
      return await expectText(await fetch(`${origin}/.netlify/functions/${prefix}stray`, { signal }), 'answered')
    }
  }
}

/** Calls a function in the background; those that were accepted are noted. */
export function backgroundClient (accepted: Set<string>): Client {
  return async (origin, number, signal) => {
    const response = await fetch(`${origin}/.netlify/functions/note-background`, { method: 'POST', body: String(number), signal })
    const text = await response.text()
    if (response.status !== 202) return notRight(response, text)
    accepted.add(String(number))
    return RIGHT
  }
}

/** Calls a function that misbehaves, and gives status and code of the answer. */
export async function callVillain (origin: string, name: string): Promise<string> {
  try {
    const response = await fetch(`${origin}/.netlify/functions/bad-${name}`, { signal: AbortSignal.timeout(DEADLINE) })
    return `${response.status} ${codeOf(await response.text())}`.trim()
  } catch (error) {
    return String(error)
  }
}

/** A request that never throws and never lasts. */
export async function attempt (client: Client, origin: string, number: number): Promise<Outcome> {
  const signal = AbortSignal.timeout(DEADLINE)
  try {
    return await client(origin, number, signal)
  } catch (error) {
    if (signal.aborted) return { kind: 'hung' }
    const { message, cause } = error as Error
    return message === 'terminated' ? { kind: 'broken off' } : { kind: 'wrong', what: `${message}: ${String(cause)}` }
  }
}

async function expectText (response: Response, expected: string): Promise<Outcome> {
  const text = await response.text()
  return response.status === 200 && text === expected ? RIGHT : notRight(response, text)
}

function notRight ({ status, headers }: Response, text: string): Outcome {
  if (status === 503 && headers.has('retry-after')) return { kind: 'refused', code: codeOf(text) }
  return { kind: 'wrong', what: `${status} ${text.slice(0, 100)}` }
}

function codeOf (text: string): string {
  return /FST_NETLIFY_\w+/.exec(text)?.[0] ?? text.slice(0, 100)
}
