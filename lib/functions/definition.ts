import type { FunctionConfig } from './config.ts'
import type { EventSlug } from './events.ts'

/** A file that looks like a function, found in a functions directory. */
export interface FunctionSource {
  readonly name: string
  /** Absolute path of the entry file. */
  readonly file: string
  /** Absolute path of the functions directory it was found in. */
  readonly directory: string
  /** Written by the build of a framework. */
  readonly generated?: boolean
  /** What the JSON file beside a generated function says about it, not checked yet. */
  readonly sidecar?: Readonly<Record<string, unknown>>
}

/** One URL pattern a function answers to. */
export interface FunctionRoute {
  /** As written in `config.path`. */
  readonly pattern: string
  /** Upper case; `undefined` accepts every method. */
  readonly methods: readonly string[] | undefined
  readonly excluded: readonly string[]
  readonly preferStatic: boolean
}

/** How the handler is called: with `Request` and `Context`, or with a Lambda event. */
export type HandlerForm = 'web' | 'lambda'

/** What kind of call starts the function: a request that waits for it, one that does not, or the clock alone. */
export type FunctionKind = 'request' | 'background' | 'scheduled'

/** Where a function runs: in the thread of the server, or in another one. */
export type IsolationMode = 'inline' | 'thread'

/** A function that is built, loaded and ready to be called. */
export interface ReadyFunction {
  readonly state: 'ready'
  readonly name: string
  readonly file: string
  /** Names the loaded module: the absolute path of the bundle and, from the second one on, its instance. */
  readonly bundle: string
  /** Whether a framework's build has written it. */
  readonly generated: boolean
  readonly form: HandlerForm
  readonly kind: FunctionKind
  readonly isolation: IsolationMode
  /** Whether it gets light Fetch objects; decided by what its bundle imports. */
  readonly lightObjects: boolean
  /** The events it is called for, besides. */
  readonly events: readonly EventSlug[]
  /** It has nothing but handlers of events, so no request can reach it. */
  readonly eventsOnly: boolean
  readonly config: FunctionConfig
  /** Empty for a function that answers under its default URL. */
  readonly routes: readonly FunctionRoute[]
}

/** A function that cannot run: its URLs answer 500 with `error`. */
export interface FailedFunction {
  readonly state: 'failed'
  readonly name: string
  readonly file: string
  readonly error: Error
  /** The routes that could be read all the same. */
  readonly routes: readonly FunctionRoute[]
}

export type FunctionDefinition = ReadyFunction | FailedFunction
