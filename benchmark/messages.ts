/** What the processes of the benchmark say to each other. Every message has one reply. */

export interface ServerReady {
  readonly port: number
  readonly title: string
}

/** The reply is the CPU time until then. */
export type ServerOrder =
  | { readonly kind: 'cpu' }
  | { readonly kind: 'start-profile' }
  | { readonly kind: 'stop-profile', readonly file: string }

/** Microseconds since the process began. */
export interface CpuTime {
  /** Of all threads. */
  readonly process: number
  readonly mainThread: number
}

/** What the runner says to the process of a site. */
export type SiteOrder = 'memory' | 'reload'

/** Bytes, after a garbage collection. */
export interface MemoryUse {
  readonly heapUsed: number
  readonly rss: number
}

/** Requests of one kind. */
export interface Traffic {
  readonly method: 'GET' | 'POST'
  /** Taken in turn. */
  readonly paths: readonly string[]
  readonly body?: string | undefined
  /** Each has one request under way at most. */
  readonly connections: number
  /** @default 200 */
  readonly status?: number
  /** Leaves when the first bytes of the reply's body are there. @default false */
  readonly leaves?: boolean
}

export interface Burst extends Traffic {
  readonly port: number
  readonly requests: number
  /** Whether requests that fail are counted; else the first one ends the burst. @default false */
  readonly countsFailures?: boolean
  /** Whether the load generator has its core to itself, so that it need not sleep between replies. @default false */
  readonly staysAwake?: boolean
  /** Sent at the same time until the burst ends, over connections of its own, and not counted. */
  readonly beside?: Traffic
}

export type BurstResult =
  | { readonly kind: 'done', readonly milliseconds: number, readonly p99: number, readonly failures: readonly string[] }
  | { readonly kind: 'failed', readonly reason: string }
