import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_REQUEST_BODY_TOO_LARGE, FST_NETLIFY_TOO_MANY_INVOCATIONS } from '../errors.ts'
import { formSubmission } from '../functions/form-submission.ts'
import { readBody } from '../http/body.ts'
import { requestUrl } from '../http/url.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { Events } from './events.ts'
import { createFormReader, isFormType } from './form-reader.ts'
import { leaveBodyUnread, RETRY_AFTER } from './functions.ts'
import { showRequestId } from './show-request-id.ts'

export interface FormsOptions {
  readonly events: Events
  /** Bytes of a submission; `Infinity` for Netlify's own limit. */
  readonly maxBytes: number
  /** Of the moment. */
  readonly siteUrl: () => string | undefined
  readonly log: FastifyBaseLogger
}

/** Takes the forms that are posted to pages of the site. */
export interface Forms {
  accepts (request: IncomingMessage): boolean
  submit (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
}

/** Netlify's limit, of all fields and files together. */
const MAX_BYTES = 8 * 1024 * 1024

/** @throws FST_NETLIFY_MISSING_PACKAGE */
export async function createForms ({ events, maxBytes, siteUrl, log }: FormsOptions): Promise<Forms> {
  const read = await createFormReader()
  const limit = Math.min(maxBytes, MAX_BYTES)
  if (!events.has('submission_created')) log.warn('the option "forms" is on, but no function has a handler "formSubmitted" or the name "submission-created"')

  return {
    accepts: ({ method, headers }) => method === 'POST' && isFormType(headers['content-type']) && events.has('submission_created'),

    async submit (request, reply) {
      const requestId = createRequestId()
      const { ip, log: requestLog } = request
      showRequestId(request, reply, requestId)
      const url = new URL(requestUrl(request.protocol, request.host, request.raw.url ?? '/'))
      const { 'content-type': contentType = '', 'user-agent': userAgent, referer: referrer } = request.headers
      const content = await read(contentType, await readWhole(request, reply))
      const payload = formSubmission(content, { ip, userAgent, referrer, createdAt: new Date(), siteUrl: siteUrl() ?? url.origin })

      const deliveries = await events.emit('submission_created', payload, { url: url.href, requestId, ip, log: requestLog })
      // Nobody else has the submission, so whoever sent it must know.
      const failed = deliveries.find(({ outcome }) => outcome === 'failed')
      if (failed?.outcome === 'failed') {
        if (failed.error instanceof FST_NETLIFY_TOO_MANY_INVOCATIONS) reply.header('retry-after', RETRY_AFTER)
        throw failed.error
      }
      return answer(reply, url, referrer)
    }
  }

  async function readWhole (request: FastifyRequest, reply: FastifyReply): Promise<Buffer> {
    try {
      const body = request.body === undefined ? null : await readBody(request.body as Readable, request.headers['content-length'], limit, reply.raw)
      return Buffer.from(body as Uint8Array | null ?? [])
    } catch (error) {
      if (error instanceof FST_NETLIFY_REQUEST_BODY_TOO_LARGE) leaveBodyUnread(request, reply)
      throw error
    }
  }
}

/**
 * A form's `action` is the page to go on to. A form without one is posted to its own page, and that would look
 * as if nothing had happened.
 */
function answer (reply: FastifyReply, url: URL, referrer = ''): FastifyReply {
  const from = URL.parse(referrer)
  if (from?.host === url.host && withoutSlash(from.pathname) === withoutSlash(url.pathname)) {
    return reply.type('text/html; charset=utf-8').send(successPage(url.pathname))
  }
  // Two slashes would be the start of another host's address.
  return reply.redirect(`${url.pathname.replace(/^\/+/, '/')}${url.search}`, 303)
}

/** @param path of a URL, so that it has no quotes and brackets */
function successPage (path: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Thank you!</title>
<h1>Thank you!</h1>
<p>Your form submission has been received.</p>
<p><a href="${path}">Back to the page</a></p>
</html>
`
}

function withoutSlash (path: string): string {
  return path.replace(/\/+$/, '')
}
