import type { FastifyReply } from 'fastify'

/** Nothing but what the dashboard serves itself is loaded, and nobody puts it into a frame. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    'default-src \'none\'', 'script-src \'self\'', 'style-src \'self\'', 'img-src \'self\'', 'connect-src \'self\'',
    'form-action \'self\'', 'frame-ancestors \'none\'', 'base-uri \'none\''
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex'
}

export function setSecurityHeaders (reply: FastifyReply): void {
  reply.headers(HEADERS)
}
