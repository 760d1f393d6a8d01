import type { FastifyReply, FastifyRequest } from 'fastify'
import { isOwnHost, type ForgeryCheck } from './forgery.ts'
import type { Notices } from './notices.ts'
import type { Action, Notice } from './page.ts'

export interface ActionHandlerOptions extends Pick<Action, 'run'> {
  readonly base: string
  readonly forgery: ForgeryCheck
  readonly notices: Notices
}

const SEE_OTHER = 303
const NOTICE = 'notice'

/** Carries out what a button does, and leads to a page that says what came of it. */
export function createActionHandler ({ run, base, forgery, notices }: ActionHandlerOptions): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    const { csrf, ...fields } = Object.fromEntries(new URLSearchParams(typeof request.body === 'string' ? request.body : ''))
    forgery.check(request, csrf)
    try {
      const { to, notice } = await run(fields, request.params as Readonly<Record<string, string>>)
      return leadTo(to, { kind: 'ok', text: notice })
    } catch (error) {
      return leadTo(refererPath(request, base), { kind: 'error', text: reasonOf(error, request) })
    }

    function leadTo (path: string, notice: Notice): FastifyReply {
      // What the path says of a host is of no use: it stands behind the base.
      const url = new URL(`${base}${path}`, 'http://dashboard.invalid')
      url.searchParams.set(NOTICE, notices.add(notice))
      return reply.redirect(`${url.pathname}${url.search}${url.hash}`, SEE_OTHER)
    }
  }
}

/** The page that the button was on. */
function refererPath (request: FastifyRequest, base: string): string {
  const { referer = '' } = request.headers
  if (!URL.canParse(referer)) return ''
  const { host, pathname, search } = new URL(referer)
  return isOwnHost(request, host) && `${pathname}/`.startsWith(`${base}/`) ? `${pathname.slice(base.length)}${search}` : ''
}

function reasonOf (error: unknown, request: FastifyRequest): string {
  const { code, message } = Object(error) as { code?: unknown, message?: unknown }
  if (String(code).startsWith('FST_NETLIFY_')) return String(message)
  request.log.error({ err: error }, 'an action of the dashboard failed')
  return 'It failed; the log of the server says why.'
}
