import { isDeepStrictEqual } from 'node:util'
import type { ServerReady } from './messages.ts'
import { pathOn, type Workload } from './workload.ts'

interface Reply {
  readonly type: string | undefined
  readonly body: string
}

/** How much of a reply an error shows. */
const SHOWN = 500

/** Throws unless all servers answer the workload's request with 200 and the same. */
export async function checkReplies (workload: Workload, servers: ReadonlyArray<ServerReady & { readonly name: string }>): Promise<void> {
  let expected: Reply | undefined
  for (const { name, title, port } of servers) {
    const reply = await replyOf(workload, pathOn(workload, name), port)
    expected ??= reply
    if (!isDeepStrictEqual(reply, expected)) throw new Error(`${workload.title}: ${title} answers\n${show(reply)} and not\n${show(expected)}`)
  }
}

async function replyOf ({ method, body }: Workload, path: string, port: number): Promise<Reply> {
  const sent: RequestInit = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...sent })
  if (response.status !== 200) throw new Error(`${method} ${path} is answered with status ${response.status}: ${await response.text()}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  // Each server has its own spelling of `charset=utf-8`, and JSON needs none.
  const type = response.headers.get('content-type')?.toLowerCase().replace(/; *charset=utf-8$/, '')
  return { type, body: bytes.toString('latin1') }
}

function show ({ type, body }: Reply): string {
  return `${type}, ${body.length} bytes: ${body.slice(0, SHOWN)}`
}
