import type { ReadyFunction } from '../functions/definition.ts'
import type { FunctionRequest } from '../functions/exchange.ts'
import type { Invocation } from './invocation.ts'

/** What a token says about its bearer. */
export type Claims = object

/** The option `verifyToken`. */
export type VerifyToken = (token: string) => Claims | Promise<Claims>

/** Who makes a request: somebody whose token the host vouches for. */
export interface Caller {
  /** Of the site's Identity. */
  readonly url: string
  /** The one that was sent; nobody here has an administrator's. */
  readonly token: string
  readonly user: Claims
}

/** Gives who makes a request that a function is called for. */
export type FindCaller = (definition: Pick<ReadyFunction, 'kind'>, request: FunctionRequest, invocation: Invocation) => Caller | undefined | Promise<Caller | undefined>

/** Netlify gives no identity to functions that nobody waits for. */
export function createCallerFinder (verifyToken: VerifyToken, siteUrl: string | undefined): FindCaller {
  return ({ kind }, request, invocation) => kind === 'request' ? findInTime(request, invocation) : undefined

  async function findInTime (request: FunctionRequest, invocation: Invocation): Promise<Caller | undefined> {
    const caller = await findCaller(request, verifyToken, siteUrl, invocation)
    // A verifier may take longer than the call may, or than its client waits.
    invocation.throwIfAborted()
    return caller
  }
}

/**
 * Has the token of a request verified. A token that is not accepted makes an anonymous request, as on Netlify.
 *
 * @param siteUrl preferred to the request's own origin, which its client chooses
 */
async function findCaller (request: FunctionRequest, verifyToken: VerifyToken, siteUrl: string | undefined, { functionName, log, requestId }: Pick<Invocation, 'functionName' | 'log' | 'requestId'>): Promise<Caller | undefined> {
  const token = bearerToken(request.headers.authorization)
  if (token === undefined) return undefined
  try {
    const claims = await verifyToken(token)
    if (typeof claims !== 'object' || claims === null) throw new TypeError('verifyToken must give the claims of the token as an object')
    // A copy: a function may change it, and the host may keep the claims of a token for its next request.
    const user = JSON.parse(JSON.stringify(claims)) as Claims
    const origin = siteUrl !== undefined && URL.canParse(siteUrl) ? siteUrl : request.url
    return { url: new URL('/.netlify/identity', origin).href, token, user }
  } catch (error) {
    log.debug({ err: error, function: functionName, requestId }, 'the token of a request was not accepted')
    return undefined
  }
}

/** `context.clientContext` of the Lambda form. */
export function clientContext (caller: Caller | undefined): Record<string, unknown> {
  if (caller === undefined) return {}
  const { url, token, user } = caller
  const identity = { url, token }
  return { identity, user, custom: { netlify: Buffer.from(JSON.stringify({ identity, user })).toString('base64') } }
}

/** What the global `netlifyIdentityContext` gives: what a trusted proxy says, else who was found. */
export function identityContext (request: FunctionRequest, caller: Caller | undefined): (() => unknown) | undefined {
  const { 'x-nf-identity-info': info } = request.platformHeaders ?? request.headers
  if (info === undefined) return caller && (() => caller)
  let parsed: unknown
  return () => {
    parsed ??= parseIdentity(info)
    return parsed
  }
}

function parseIdentity (info: string): unknown {
  try {
    return JSON.parse(Buffer.from(info, 'base64').toString())
  } catch {
    return null
  }
}

/** Two words, the first as it is written here: what Netlify takes for a token. */
function bearerToken (authorization: string | undefined): string | undefined {
  const [scheme, token, ...rest] = authorization?.split(' ') ?? []
  return scheme === 'Bearer' && token && rest.length === 0 ? token : undefined
}
