import type { DashboardAuth, DashboardSettings } from '../dashboard.ts'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { isRecord, isText } from './kinds.ts'

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

/** Every default of the option `dashboard`. */
export const defaultDashboard: DashboardSettings = Object.freeze({ path: '/.netlify/dashboard', auth: undefined })

const KEYS = ['path', 'auth']
const PATH = /^(\/[A-Za-z0-9\-._~]+)+$/
const AUTH_RULE = 'must be { username, password }, or a function that takes the request and says whether it may see the dashboard'
/** More than any client sends, and nobody's password. */
const LONGEST = 200

/** @throws FST_NETLIFY_INVALID_OPTION */
export function resolveDashboard (option: unknown): DashboardSettings | undefined {
  if (option === undefined) return undefined
  if (option === true) return defaultDashboard
  if (!isRecord(option)) throw invalid('', 'must be true, or an object such as { auth: { username, password } }; leave it out for no dashboard')
  const unknown = Object.keys(option).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) throw invalid(`.${unknown}`, `is not known; the keys are ${KEYS.join(', ')}`)
  const { path = defaultDashboard.path, auth }: Readonly<Record<string, unknown>> = option
  if (typeof path !== 'string' || !PATH.test(path)) throw invalid('.path', 'must be a path without parameters and without a slash at its end, such as "/admin"')
  return Object.freeze({ path, auth: 'auth' in option ? authOf(auth) : undefined })
}

/** What is there must be right: an `auth` of a variable that is not set would leave the dashboard without one. */
function authOf (auth: unknown): DashboardAuth {
  if (typeof auth === 'function') return auth as DashboardAuth
  if (!isRecord(auth)) throw invalid('.auth', AUTH_RULE)
  const { username, password, ...others }: Readonly<Record<string, unknown>> = auth
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw invalid(`.auth.${unknown}`, 'is not known; the keys are username, password')
  if (!isCredential(username) || username.includes(':')) throw invalid('.auth.username', `must be a text of at most ${LONGEST} characters without ":"`)
  if (!isCredential(password)) throw invalid('.auth.password', `must be a text of at most ${LONGEST} characters, and not empty`)
  return Object.freeze({ username, password })
}

function isCredential (value: unknown): value is string {
  return isText(value) && value.length <= LONGEST
}

function invalid (key: string, rule: string): Error {
  return new FST_NETLIFY_INVALID_OPTION(`dashboard${key}`, rule)
}
