import type { FastifyReply } from 'fastify'
import type { FunctionResponse } from '../functions/exchange.ts'
import { checkResponseHeaders } from './headers.ts'

/** Where a reply keeps the content type to restore; the server decorates its replies with it, so that they stay alike. */
export const ownContentType: unique symbol = Symbol('own content type')

/** What the function named as its content type, and what Fastify puts in its place; neither may be there. */
interface OwnContentType {
  readonly named: string | undefined
  readonly replaced: string
}

interface Reply extends FastifyReply {
  [ownContentType]?: OwnContentType | null
}

/** What has to be known of a head before a body is sent with it. */
export interface SentHead {
  /** Whether a body that is text may be sent as a string. */
  readonly allowsText: boolean
}

/** How a body may be sent under a content type. */
interface TypeRule {
  readonly allowsText: boolean
  /** What Fastify makes of the type when it is sent a string. */
  readonly replaced: string | undefined
}

/** Between two hops only (RFC 9110, 7.6.1): Node.js writes its own, and HTTP/2 forbids them. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'])
/** A 304 may tell the length of what it stands for; these stand for nothing (RFC 9110, 8.6 and 15.3.6). */
const NO_CONTENT_STATUS = new Set([204, 205])
/** What Fastify gives to bytes without a content type; to a string it would give another. */
const DEFAULT_TYPE = 'application/octet-stream'

const PRINTABLE_ASCII = /^[\t\x20-\x7e]*$/

const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/
const PLAIN_JSON = /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/

/** Functions name the same few types again and again; what clients could make them name must not grow without end. */
const rules = new Map<string, TypeRule>()
const MAX_RULES = 200
const NO_TYPE: TypeRule = { allowsText: false, replaced: DEFAULT_TYPE }

/**
 * Sets status and headers of a reply.
 *
 * @throws FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_INVALID_RESPONSE
 */
export function setHead (reply: FastifyReply, { status, headers }: FunctionResponse, functionName: string): SentHead {
  let isAscii = true
  for (const [name, value] of headers) {
    if (name === 'content-length' || !PRINTABLE_ASCII.test(value)) {
      checkResponseHeaders(functionName, headers)
      // Node.js would write it as UTF-8, not as Latin-1, in one string with the body.
      isAscii = headers.every(([, value]) => PRINTABLE_ASCII.test(value))
      break
    }
  }
  let type: string | undefined
  for (const [name, value] of headers) {
    if (HOP_BY_HOP.has(name) || (name === 'content-length' && NO_CONTENT_STATUS.has(status))) continue
    if (name === 'content-type') type = value
    reply.header(name, value)
  }
  reply.code(status)
  const rule = type === undefined ? NO_TYPE : ruleOf(type)
  if (rule.replaced !== undefined) (reply as Reply)[ownContentType] = { named: type, replaced: rule.replaced }
  return { allowsText: isAscii && rule.allowsText }
}

/** Takes back what Fastify has made of the content type; a client sees what the function said, or a hook of the host. */
export function restoreContentType (reply: FastifyReply): void {
  const own = (reply as Reply)[ownContentType]
  if (own === null || own === undefined) return
  ;(reply as Reply)[ownContentType] = null
  if (reply.getHeader('content-type') !== own.replaced) return
  if (own.named === undefined) reply.removeHeader('content-type')
  else reply.header('content-type', own.named)
}

function ruleOf (type: string): TypeRule {
  let rule = rules.get(type)
  if (rule === undefined) {
    rule = makeRule(type)
    if (rules.size < MAX_RULES) rules.set(type, rule)
  }
  return rule
}

/** Fastify adds a charset to JSON that is sent as a string. Bytes it leaves alone, unless the type is none. */
function makeRule (type: string): TypeRule {
  if (!MEDIA_TYPE.test(type)) return NO_TYPE
  if (!/json/i.test(type)) return { allowsText: true, replaced: undefined }
  if (PLAIN_JSON.test(type)) return { allowsText: true, replaced: `${type}; charset=utf-8` }
  return { allowsText: false, replaced: undefined }
}
