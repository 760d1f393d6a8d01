import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'

/** A request, and the function file that is to answer it. */
export interface Call {
  readonly title: string
  readonly function: string
  /** The file that the bootstrap runs, where that is another one. */
  readonly twin?: string
  /** The pattern of `config.path` that matches; none under the default URL. */
  readonly route?: string
  readonly method?: string
  readonly host?: string
  /** Path and query, as they stand in the request line. */
  readonly target?: string
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>
  readonly body?: string | Uint8Array
}

/** What became of a call. */
export interface Outcome {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Buffer
  /** What the runtime rejected with; Netlify answers that in a way that is not public. */
  readonly error?: string
}

const HOST = 'site.example'

const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** Sends a call over a socket, header for header as written. */
export async function send (origin: string, call: Call, extra: Call['headers'] = []): Promise<Outcome> {
  const { method = 'GET', host = HOST, headers = [], body } = call
  const framing: Array<[string, string]> = body === undefined ? [] : [['content-length', String(Buffer.byteLength(body))]]
  const lines = [['host', host], ...headers, ...framing, ...extra]
  const { hostname, port } = new URL(origin)
  const request = httpRequest({ agent, hostname, port, method, path: targetOf(call), headers: lines.flat(), setHost: false })
  request.end(body)
  const [response] = await once(request, 'response') as [IncomingMessage]
  const chunks: Buffer[] = await Array.fromAsync(response)
  return { status: response.statusCode ?? 0, headers: pairs(response.rawHeaders), body: Buffer.concat(chunks) }
}

export function closeConnections (): void {
  agent.destroy()
}

export function targetOf (call: Call): string {
  return call.target ?? `/.netlify/functions/${call.function}`
}

function pairs (rawHeaders: readonly string[]): Array<[string, string]> {
  return Array.from({ length: rawHeaders.length / 2 }, (_, index) => [rawHeaders[index * 2]!.toLowerCase(), rawHeaders[index * 2 + 1]!])
}
