import type { DashboardAuth } from './dashboard.ts'
import type { IsolationMode } from './functions/definition.ts'
import type { VerifyToken } from './invoke/caller.ts'
import type { GeoOption } from './invoke/geo.ts'
import type { SiteIdentity } from './invoke/site-identity.ts'
import type { MetricsRegistry } from './metrics/registry.ts'
import type { QueueDriver } from './queue/driver.ts'

/** Time and size. `Infinity` means no limit. */
export interface Limits {
  /**
   * Milliseconds a request may take, its stream included. `config.timeout`, in seconds, overrides it for one function.
   * @default 10_000
   */
  timeout?: number
  /**
   * Milliseconds a background function may run.
   * @default 900_000
   */
  backgroundTimeout?: number
  /**
   * Milliseconds a scheduled function may run.
   * @default 30_000
   */
  scheduledTimeout?: number
  /**
   * Bytes of a request body. A finite limit has the body read whole before the call; `Infinity` streams it.
   * @default 6_291_456
   */
  requestBody?: number
  /**
   * Bytes of the body that a Lambda-compatible function returns.
   * @default 6_291_456
   */
  responseBody?: number
  /**
   * Bytes of the body of a `Response`, streamed or not.
   * @default 20_971_520
   */
  streamedBody?: number
  /**
   * Bytes of the body of a call of a background function.
   * @default 262_144
   */
  backgroundBody?: number
  /**
   * Invocations under way at once, streams included; one more gets 503. A number counts all functions together.
   * Background and scheduled runs count under `background.concurrency` instead.
   * @default Infinity
   */
  concurrency?: number | { total?: number, perFunction?: number }
}

/** How background functions run. */
export interface BackgroundOptions {
  /**
   * Jobs run at once in this process. A number counts all functions together.
   * @default { total: 10, perFunction: Infinity }
   */
  concurrency?: number | { total?: number, perFunction?: number }
  /**
   * Milliseconds to wait before each further attempt of a job that threw; then it is kept as failed.
   * @default [60_000, 120_000]
   */
  retryDelays?: readonly number[]
  /**
   * Milliseconds that `app.close()` gives to running jobs, and to promises given to `waitUntil`.
   * @default 30_000
   */
  drainTimeout?: number
  /**
   * Milliseconds after which the jobs of a process that was killed go to another one, or to the next one. A process that
   * stands still for longer loses its jobs, too, and they run twice.
   * @default 30_000
   */
  leaseDuration?: number
  /**
   * Names of request headers that are stored encrypted, if there is a key, and never shown by `jobs`.
   * @default ['authorization', 'cookie']
   */
  secretHeaders?: readonly string[]
  /**
   * The key of these headers: 32 bytes in hex or base64. Of several, separated by commas, the first encrypts and all decrypt.
   * @default the environment variable NETLIFY_QUEUE_KEY, else none; the headers are stored as they are
   */
  encryptionKey?: string
}

/** Where functions run. See docs/isolation.md. */
export interface IsolationOptions {
  /**
   * Functions that a client waits for.
   * @default 'inline'
   */
  request?: IsolationMode
  /**
   * Background functions.
   * @default 'thread'
   */
  background?: IsolationMode
  /**
   * Scheduled functions.
   * @default 'thread'
   */
  scheduled?: IsolationMode
  /**
   * By globs for the names of functions, such as `{ 'report-*': 'thread' }`. The first that fits counts, whatever the kind.
   * @default {}
   */
  functions?: Readonly<Record<string, IsolationMode>>
  /**
   * Threads that are kept ready, and at most. Requests have threads of their own, and so has every size of memory. A number
   * is the most.
   * @default { min: 1, max: os.availableParallelism() }
   */
  threads?: number | { min?: number, max?: number }
  /**
   * Megabytes of a thread's heap and buffers; a function that takes more ends its thread. `config.memory` overrides it for
   * one function.
   * @default 1024
   */
  memory?: number
  /**
   * Milliseconds after which a thread that has nothing to do ends, if there are more than `threads.min`.
   * @default 60_000
   */
  idleTimeout?: number
}

/** Where the dashboard is, and who may see it. See docs/dashboard.md. */
export interface DashboardOptions {
  /**
   * Its path, below the site's `prefix`.
   * @default '/.netlify/dashboard'
   */
  path?: string
  /**
   * User name and password, or a function that says whether a request may see the dashboard; if it throws, rejects or takes
   * ten seconds, the request may not. Needed unless the server listens on the loopback only.
   * @default none; only requests that come straight from this machine are answered
   */
  auth?: DashboardAuth
}

/** What is logged, and what is kept of it. See docs/logs.md. */
export interface LogOptions {
  /**
   * Whether each invocation has a line, at level `info`, in the app's log.
   * @default true
   */
  invocations?: boolean
  /**
   * Invocations, and as many printed texts, that are kept in memory of each function, for `app.netlifyFunctions.logs` and the
   * dashboard. 0 keeps none.
   * @default 100
   */
  history?: number
  /**
   * Names of request headers that the line of an invocation has.
   * @default []
   */
  headers?: readonly string[]
  /**
   * Names of headers whose values that line never shows, besides authorization, cookie, set-cookie, proxy-authorization,
   * x-api-key and `background.secretHeaders`.
   * @default []
   */
  redact?: readonly string[]
  /**
   * A file, relative to the root, that invocations and printed texts are written to as well, one JSON line each. Needs the
   * package `pino-roll`.
   * @default none
   */
  file?: string | LogFileOptions
}

/** A file of the log, and when the next one is begun. */
export interface LogFileOptions {
  /** The number of the file is added before the ending: `logs/functions.log` becomes `logs/functions.1.log`. */
  path: string
  /**
   * Bytes after which the next file is begun, also as text with a unit, such as `'500k'` or `'1g'`.
   * @default '10m'
   */
  size?: number | string
  /**
   * When the next file is begun besides: by the clock, or after so many milliseconds.
   * @default none
   */
  frequency?: 'daily' | 'hourly' | number
  /**
   * Files that are kept beside the one that is written.
   * @default 5
   */
  keep?: number
}

/** Where load balancers ask. See docs/production.md. */
export interface HealthOptions {
  /** Path of the two routes below the prefix: `<path>/live` says that the process answers, `<path>/ready` that requests should come. */
  path: string
}

/** Where metrics go: a path, a registry, or both. */
export interface MetricsOptions {
  /** Path of the route below the prefix, for instance `/metrics`. Whoever reaches it reads it. */
  path?: string
  /**
   * A registry of prom-client, for instance its `register`.
   * @default one of the plugin's own
   */
  registry?: MetricsRegistry
  /**
   * What the names of all metrics begin with.
   * @default 'netlify_'
   */
  prefix?: string
  /**
   * Whether the plugin's own registry has prom-client's metrics of the process, too.
   * @default false
   */
  defaultMetrics?: boolean
}

/** Static files. */
export interface PublishOptions {
  /** Directory of the files, relative to the site's root. */
  directory: string
  /**
   * Whether `404.html` answers what nothing else serves; `false` leaves that to the host.
   * @default true
   */
  notFound?: boolean
  /**
   * Whether files and directories whose name starts with a dot are served.
   * @default false
   */
  dotfiles?: boolean
}

/** Netlify Blobs on this machine. */
export interface BlobsStorage {
  /** Directory of the stores, relative to the site's root. It is made where it is missing, and never published. */
  directory: string
}

/** What `/.netlify/images` may use. */
export interface ImageOptions {
  /**
   * Bytes of transformed images, and of remote ones, that are kept in `.netlify/images-cache` below the root.
   * @default 268_435_456
   */
  cacheSize?: number
  /**
   * Images that are transformed at once. Each takes a processor and a thread of Node.js's pool.
   * @default half of the processors, at most 3
   */
  concurrency?: number
}

export interface NetlifyFunctionsOptions {
  /**
   * Site root: every relative path starts here.
   * @default process.cwd()
   */
  root?: string
  /** URL prefix of the site, kept in `req.url`; the functions' paths match what follows it. */
  prefix?: string
  /** Fastify route constraints of every route of the site, such as `{ host: 'example.com' }`. */
  constraints?: Readonly<Record<string, unknown>>
  /** Needed from the second site in one scope on: `app.netlifyFunctions.site(name)`. */
  name?: string
  /**
   * Directory or directories of functions.
   * @default `[functions] directory` of netlify.toml, else `netlify/functions`
   */
  functions?: string | readonly string[]
  /**
   * Static files; `false` serves none.
   * @default `[build] publish` of netlify.toml, else none
   */
  publish?: string | false | PublishOptions
  /**
   * Path of netlify.toml; `false` reads none.
   * @default 'netlify.toml', if it is there
   */
  config?: string | false
  /**
   * Variables of this site's `Netlify.env`. Each is set in `process.env` too, where it is absent, until the app closes.
   * @default {}
   */
  env?: Readonly<Record<string, string>>
  /**
   * File or files such as `.env`, relative to the root, whose variables are added to `env`. `true` reads those of the deploy context that
   * are there: `.env`, `.env.<context>`, `.env.local`, `.env.<context>.local`, for the context `dev` with `development` in their names. A
   * later file wins over an earlier one, the variables that the process has over all files, `env` over all.
   * @default true in the deploy context `dev`, else none
   */
  envFile?: boolean | string | readonly string[]
  /**
   * What `context.site` shows, and the site's variables SITE_ID, SITE_NAME and URL.
   * @default these variables
   */
  site?: SiteIdentity['site']
  /**
   * What `context.deploy` shows.
   * @default the environment variables DEPLOY_ID, CONTEXT (else `production`) and BRANCH
   */
  deploy?: Partial<SiteIdentity['deploy']>
  /** What `context.account` shows. */
  account?: Partial<SiteIdentity['account']>
  /**
   * Where `context.geo` comes from: `'mock'` is San Francisco, `{ mock: 'DE' }` a place in that country.
   * @default none; `context.geo` is empty
   */
  geo?: GeoOption
  /** Time and size limits. */
  limits?: Limits
  /** How background functions run. */
  background?: BackgroundOptions
  /**
   * Where background calls and scheduled runs wait; the plugin closes it with the app.
   * @default `sqliteQueue()` in `.netlify/background.sqlite` below the root, if the site has a function that needs it
   */
  queue?: QueueDriver
  /**
   * Where functions run: in the server's own thread, which is the fastest, or in others, whose crashes and endless loops
   * harm no others. A string sets all kinds.
   * @default { request: 'inline', background: 'thread', scheduled: 'thread' }
   */
  isolation?: IsolationMode | IsolationOptions
  /**
   * Whether scheduled functions run by the clock, from when the server listens until it closes.
   * @default true
   */
  schedule?: boolean
  /**
   * What is logged of invocations, and what is kept of that and of what functions print. `false` logs no invocations, keeps
   * nothing, and has functions print by the process's own `console`.
   * @default { invocations: true, history: 100 }
   */
  logs?: false | LogOptions
  /**
   * Pages that show how the functions, jobs, schedules and builds do, and let somebody see to them. `true` is for a server that
   * listens on the loopback only.
   * @default none
   */
  dashboard?: true | DashboardOptions
  /**
   * Routes for load balancers, which answer 200 or 503.
   * @default none; `app.netlifyFunctions.health()` tells the same
   */
  health?: HealthOptions
  /**
   * Metrics for Prometheus, with the package prom-client: served on a path, or put into a registry of the host's. See docs/metrics.md.
   * @default none
   */
  metrics?: MetricsOptions | MetricsRegistry
  /**
   * Lets functions use Netlify Blobs, kept on this disk. Needs the package @netlify/blobs.
   * @default off; `getStore()` throws the package's own error
   */
  blobs?: BlobsStorage
  /**
   * Verifies the token of `Authorization: Bearer <token>` and gives its claims, which functions see as the user who is
   * signed in. If it throws or rejects, nobody is. The time it takes is the function's.
   * @default none; nobody is signed in, and no token is read
   */
  verifyToken?: VerifyToken
  /**
   * Whether forms that are posted to pages of the site reach `formSubmitted` and functions named `submission-created`.
   * Needs the package @fastify/multipart.
   * @default false
   */
  forms?: boolean
  /**
   * Whether files are watched, and what a change reaches is built again and served at once. For work on a site: functions
   * that fail are served as failed, and with `exposeErrors` a browser shows where.
   * @default false
   */
  watch?: boolean
  /** Transformed images; needs the package `ipx` as soon as one is asked for. */
  images?: ImageOptions
  /**
   * Origin of a framework's dev server, such as `http://localhost:5173`, that gets what no function, redirect or published file serves,
   * WebSockets included.
   * @default none
   */
  devServer?: string
  /**
   * Whether clients see messages and stack traces of functions that fail.
   * @default process.env.NODE_ENV !== 'production'
   */
  exposeErrors?: boolean
  /**
   * Whether functions that import nothing but Node.js's own modules get `Request` and `Response` objects that do less
   * work; all they show is the same. Functions with packages have native ones always.
   * @default true
   */
  lightObjects?: boolean
  /**
   * Whether `x-nf-*`, `x-netlify-*` (but never `x-netlify-event`) and `client-ip` of a request reach the functions. Turn it on only behind a proxy that sets them.
   * @default false
   */
  trustPlatformHeaders?: boolean
}
