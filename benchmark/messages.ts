/** What the processes of the benchmark say to each other. Every message has one reply. */

export interface ServerReady {
  readonly port: number
  readonly title: string
}

/** The reply is the CPU time the process has used so far, in microseconds. */
export type ServerOrder =
  | { readonly kind: 'cpu' }
  | { readonly kind: 'start-profile' }
  | { readonly kind: 'stop-profile', readonly file: string }

export interface Burst {
  readonly port: number
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: string | null
  readonly requests: number
  readonly connections: number
}

export type BurstResult =
  | { readonly kind: 'done', readonly milliseconds: number, readonly p99: number }
  | { readonly kind: 'failed', readonly reason: string }
