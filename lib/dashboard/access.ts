import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_DASHBOARD_LOCAL_ONLY, FST_NETLIFY_DASHBOARD_NOT_ALLOWED, FST_NETLIFY_DASHBOARD_TOO_MANY_LOGINS } from '../errors.ts'
import { createLoginAttempts } from './login-attempts.ts'
import { whyNotLocal } from './loopback.ts'

export type DashboardAuth = DashboardCredentials | ((request: FastifyRequest) => boolean | Promise<boolean>)

export interface DashboardCredentials {
  readonly username: string
  readonly password: string
}

/** Rejects with a coded error if a request may not see the dashboard. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

const BASIC = /^basic +([a-z0-9+/=_-]{1,2000}) *$/i
const CHALLENGE = 'Basic realm="Netlify Functions", charset="UTF-8"'
/** Milliseconds that a function of the user may take. */
const PATIENCE = 10_000

export function createGuard (auth: DashboardAuth | undefined): Guard {
  if (auth === undefined) return async (request) => { checkLocal(request) }
  return typeof auth === 'function' ? askFunction(auth) : checkCredentials(auth)
}

function checkLocal (request: FastifyRequest): void {
  const reason = whyNotLocal(request)
  if (reason !== undefined) throw new FST_NETLIFY_DASHBOARD_LOCAL_ONLY(reason)
}

function checkCredentials ({ username, password }: DashboardCredentials): Guard {
  const attempts = createLoginAttempts()
  const key = randomBytes(32)
  const expected = digest(`${username}:${password}`)

  return async (request, reply) => {
    const seconds = attempts.blockedFor(request.ip)
    if (seconds > 0) {
      reply.header('retry-after', seconds)
      throw new FST_NETLIFY_DASHBOARD_TOO_MANY_LOGINS(seconds)
    }
    const { authorization } = request.headers
    const encoded = BASIC.exec(authorization ?? '')?.[1]
    if (encoded !== undefined && timingSafeEqual(digest(Buffer.from(encoded, 'base64').toString()), expected)) return
    // A browser asks without any first.
    if (authorization !== undefined) attempts.fail(request.ip)
    reply.header('www-authenticate', CHALLENGE)
    throw new FST_NETLIFY_DASHBOARD_NOT_ALLOWED('user name and password are needed')
  }

  /** Of one length, whatever is compared. */
  function digest (text: string): Buffer {
    return createHmac('sha256', key).update(text).digest()
  }
}

function askFunction (auth: (request: FastifyRequest) => boolean | Promise<boolean>): Guard {
  return async (request) => {
    const answer = await within(async () => await auth(request)).catch((error: unknown) => {
      request.log.warn({ err: error }, 'the option "dashboard.auth" has failed, so the dashboard is not shown')
    })
    if (answer !== true) throw new FST_NETLIFY_DASHBOARD_NOT_ALLOWED('"dashboard.auth" has not let this request in')
  }
}

async function within<Value> (start: () => Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new FST_NETLIFY_DASHBOARD_NOT_ALLOWED(`"dashboard.auth" has not answered within ${PATIENCE / 1000} seconds`)), PATIENCE)
  })
  try {
    return await Promise.race([start(), late])
  } finally {
    clearTimeout(timer)
  }
}
