import type { IsolationMode } from './functions/definition.ts'
import type { VerifyToken } from './invoke/caller.ts'
import type { GeoOption } from './invoke/geo.ts'
import type { SiteIdentity } from './invoke/site-identity.ts'
import type { MetricsRegistry } from './metrics/registry.ts'
import type { BackgroundOptions } from './options/background.ts'
import type { DashboardOptions } from './options/dashboard.ts'
import type { HealthOptions } from './options/health.ts'
import type { ImageOptions } from './options/images.ts'
import type { IsolationOptions } from './options/isolation.ts'
import type { Limits } from './options/limits.ts'
import type { LogOptions } from './options/logs.ts'
import type { MetricsOptions } from './options/metrics.ts'
import type { PublishOptions } from './options/publish.ts'
import type { QueueDriver } from './queue/driver.ts'

/** Netlify Blobs on this machine. */
export interface BlobsStorage {
  /** Directory of the stores, relative to the site's root. It is made where it is missing, and never published. */
  directory: string
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
