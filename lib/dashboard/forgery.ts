import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { FST_NETLIFY_DASHBOARD_FORGED_FORM } from '../errors.ts'

/** Tells forms of the dashboard from those that other sites make a browser send. */
export interface ForgeryCheck {
  token (): string
  /** @throws FST_NETLIFY_DASHBOARD_FORGED_FORM */
  check (request: FastifyRequest, token: string | undefined): void
}

const NONCE = 16

/** Its key is as old as the process. */
export function createForgeryCheck (): ForgeryCheck {
  const key = randomBytes(32)
  return {
    // Never the same text twice, which what compresses a page would give away bit by bit.
    token () {
      const nonce = randomBytes(NONCE)
      return Buffer.concat([nonce, sign(nonce)]).toString('base64url')
    },
    check (request, token = '') {
      const origin = problemOfOrigin(request)
      if (origin !== undefined) throw new FST_NETLIFY_DASHBOARD_FORGED_FORM(origin)
      const bytes = Buffer.from(token, 'base64url')
      const signature = sign(bytes.subarray(0, NONCE))
      const given = bytes.subarray(NONCE)
      if (given.length !== signature.length || !timingSafeEqual(given, signature)) {
        throw new FST_NETLIFY_DASHBOARD_FORGED_FORM('its token is missing, or older than this process')
      }
    }
  }

  function sign (nonce: Buffer): Buffer {
    return createHmac('sha256', key).update(nonce).digest()
  }
}

/** Scripts can set neither header. The first is sent over https and to this machine only, the second always. */
function problemOfOrigin (request: FastifyRequest): string | undefined {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (site !== undefined) return site === 'same-origin' ? undefined : 'it comes from another site'
  if (origin === undefined) return 'it has no header Origin'
  const host = URL.canParse(origin) ? new URL(origin).host : undefined
  return host !== undefined && isOwnHost(request, host) ? undefined : 'it comes from another origin'
}

/** Whether a host is the one that a request was sent to, as far as the request and trusted proxies tell. */
export function isOwnHost (request: FastifyRequest, host: string): boolean {
  return [request.host, request.raw.headers.host].some((own) => own !== undefined && own !== '' && hostOf(own) === host)
}

/** Without the port that a scheme has anyway, as in the `host` of a URL. */
function hostOf (header: string): string {
  return header.toLowerCase().replace(/:(80|443)$/, '')
}
