import type { Call, Outcome } from './exchange.ts'

/** One thing that is not the same in both runtimes. */
export interface Difference {
  /** Where it is, such as `body.context.members.geo`. */
  readonly path: string
  readonly oracle: unknown
  readonly ours: unknown
}

/** A call, and what both runtimes made of it. */
export interface Comparison {
  readonly call: Call
  readonly oracle: Outcome
  readonly ours: Outcome
}

/** Headers that Node.js writes around every reply, not the runtime. */
const FRAMING = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding'])

/** All that differs between the replies, down to the leaves of JSON bodies. */
export function differences ({ call, oracle, ours }: Comparison): Difference[] {
  if (oracle.error !== undefined) {
    return [{ path: 'error', oracle: oracle.error, ours: `${ours.status} ${ours.body.toString()}` }]
  }
  const found: Difference[] = []
  compare('status', oracle.status, ours.status, found)
  const [expected, actual] = [headersOf(oracle), headersOf(ours)]
  // The length of a body that is complete is framing too, unless the function names one.
  if (!('content-length' in expected)) delete actual['content-length']
  compare('headers', expected, actual, found)
  if (call.method !== 'HEAD') compare('body', contentOf(oracle), contentOf(ours), found)
  return found
}

function compare (path: string, oracle: unknown, ours: unknown, found: Difference[]): void {
  if (isContainer(oracle) && isContainer(ours) && Array.isArray(oracle) === Array.isArray(ours)) {
    if (Array.isArray(oracle) && oracle.length !== (ours as { length?: unknown }).length) {
      found.push({ path, oracle, ours })
      return
    }
    for (const key of new Set([...Object.keys(oracle), ...Object.keys(ours)])) compare(`${path}.${key}`, oracle[key], ours[key], found)
  } else if (!Object.is(oracle, ours)) {
    found.push({ path, oracle, ours })
  }
}

function isContainer (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** By name; the values of one name in order. */
function headersOf ({ headers }: Outcome): Record<string, string[]> {
  const byName: Record<string, string[]> = {}
  for (const [name, value] of headers) {
    if (!FRAMING.has(name)) (byName[name] ??= []).push(value)
  }
  return byName
}

function contentOf ({ headers, body }: Outcome): unknown {
  const isJson = headers.some(([name, value]) => name === 'content-type' && value.startsWith('application/json'))
  return isJson ? normalize(JSON.parse(body.toString())) : body.toString('latin1')
}

/** A request has another id in each runtime, of the same shape; of recorded headers each is compared by its name. */
function normalize (recorded: unknown): unknown {
  const { request, context } = Object(recorded) as { request?: { headers: Array<[string, string]> }, context?: { members: Record<string, unknown> } }
  if (request === undefined || context === undefined) return recorded
  const headers = request.headers.map(([name, value]) => [name, name === 'x-nf-request-id' ? shapeOfId(value) : value])
  return {
    ...recorded as object,
    request: { ...request, headers: Object.fromEntries(headers), headerOrder: headers.map(([name]) => name).join() },
    context: { ...context, members: { ...context.members, requestId: shapeOfId(context.members.requestId) } }
  }
}

function shapeOfId (id: unknown): unknown {
  return typeof id === 'string' && /^[0-9A-Z]{26}$/.test(id) ? 'a ULID' : id
}
