import type { MessagePort } from 'node:worker_threads'
import type { Loadable } from '../../build/load.ts'
import type { FunctionKind } from '../../functions/definition.ts'
import type { FunctionResponse } from '../../functions/exchange.ts'
import type { InvocationRecord } from '../../functions/invocation-record.ts'
import type { OutputLevel } from '../../functions/output.ts'
import type { Blobs } from '../../site/blobs.ts'
import type { Caller } from '../caller.ts'
import type { SiteIdentity } from '../site-identity.ts'
import type { PortableError } from './portable-error.ts'

/** What a thread is started with. */
export interface ThreadData {
  /** For the messages: the user's code has the thread's own port. */
  readonly port: MessagePort
  readonly ledger: SharedArrayBuffer
  /** Whether a thread is being looked into. */
  readonly looking: SharedArrayBuffer
}

/** What the calls of one version of a site have in common. */
export interface SiteSettings {
  /** The site's own variables. */
  readonly env: Readonly<Record<string, string>>
  readonly identity: SiteIdentity
  readonly blobs: Omit<Blobs, 'close'> | undefined
  readonly maxLambdaBody: number
  readonly exposeErrors: boolean
}

/** Calls of a thread have numbers. Whatever is said of a call that the other side does not know any more means nothing. */
interface OfCall {
  readonly call: number
}

/** A part of a body, in either direction; its bytes travel beside it. */
export type BodyMessage =
  | OfCall & { readonly type: 'chunk' }
  | OfCall & { readonly type: 'end' }
  | OfCall & { readonly type: 'broken', readonly error: PortableError }

/** From whoever reads a body to whoever sends it: so much more may be sent, or nothing. */
export type ReaderMessage =
  | OfCall & { readonly type: 'credit', readonly chunks: number, readonly bytes: number }
  | OfCall & { readonly type: 'cancel', readonly error: PortableError | undefined }

/** A call; its body, if it is there, travels beside it. */
export interface CallMessage extends OfCall {
  readonly type: 'call'
  readonly site: number
  /** Of the function, made known before. */
  readonly bundle: string
  readonly kind: FunctionKind
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly platformHeaders?: Readonly<Record<string, string>> | undefined
  readonly streams: boolean
  readonly requestId: string
  readonly job?: InvocationRecord['job']
  /** Headers of its span. */
  readonly trace?: Readonly<Record<string, string>> | undefined
  readonly ip: string
  readonly params: Readonly<Record<string, string>>
  readonly route?: string | undefined
  /** Milliseconds; `null` for no limit. */
  readonly remaining: number | null
  readonly caller?: Caller | undefined
}

/** What does not wait for its turn. */
export type UrgentMessage =
  | { readonly type: 'ping', readonly number: number }
  /** Throws away what is garbage, so that it is not taken for memory in use. */
  | { readonly type: 'collect' }

/** To a thread. */
export type ToThread =
  | UrgentMessage
  /** What the number of a site stands for; `SiteSettings` travel beside it. */
  | { readonly type: 'site', readonly site: number }
  /** A number that will stand for nothing, unless it is made known again. */
  | { readonly type: 'forget', readonly site: number }
  /** What the key of a function stands for; its `Loadable` travels beside it. */
  | { readonly type: 'function', readonly bundle: string }
  | OfCall & { readonly type: 'load', readonly site: number, readonly bundle: string }
  | CallMessage
  | OfCall & { readonly type: 'abort', readonly reason: PortableError }
  | BodyMessage
  | ReaderMessage

/** From a thread. */
export type FromThread =
  /** It has started. */
  | { readonly type: 'up' }
  /** The definition travels beside it; none for a file that is no function. */
  | OfCall & { readonly type: 'loaded' }
  /** The body, unless it streams, travels beside it. */
  | OfCall & { readonly type: 'reply', readonly status: number, readonly headers: FunctionResponse['headers'], readonly streams: boolean }
  | OfCall & { readonly type: 'failed', readonly error: PortableError }
  /** Promises given to `waitUntil`. */
  | OfCall & { readonly type: 'work', readonly work: number }
  | OfCall & { readonly type: 'work-done', readonly work: number, readonly error: PortableError | undefined }
  | LogMessage
  | OutputMessage
  /** The thread is about to end, as `process.exit` was called. */
  | { readonly type: 'ending', readonly by: Culprit, readonly how: string }
  /** Nothing more will come of the call. */
  | OfCall & { readonly type: 'over' }
  | BodyMessage
  | ReaderMessage

/** A line for the log of a call or, without one, of the server. */
export interface LogMessage {
  readonly type: 'log'
  readonly call: number | undefined
  readonly level: LogLevel
  readonly details: Readonly<Record<string, unknown>>
  readonly error: PortableError | undefined
  readonly text: string
}

/** What a function has printed, maybe after its call. */
export interface OutputMessage {
  readonly type: 'output'
  readonly call: number | undefined
  readonly functionName: string
  readonly requestId: string | undefined
  readonly job: InvocationRecord['job']
  readonly level: OutputLevel
  readonly text: string
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** What makes a thread collect its garbage lies in its `globalThis` under this key of `Symbol.for`. */
export const COLLECT = 'fastify-netlify-functions.collect'

/** Whose code it is that holds or ends a thread. */
export interface Culprit {
  /** Of a call that is under way. */
  readonly call?: number | undefined
  readonly functionName?: string | undefined
  readonly requestId?: string | undefined
}

/** What travels beside a message. */
export type Payload = string | Uint8Array | Loadable | SiteSettings | object | null

/** Everything said in one turn of the event loop. */
export interface Batch {
  /** The messages, as JSON: one string costs less than many properties. */
  readonly text: string
  /** To which of the messages each of `payloads` belongs. */
  readonly places: readonly number[]
  readonly payloads: readonly Payload[]
}
