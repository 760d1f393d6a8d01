import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import Fastify, { type FastifyReply } from 'fastify'
import { FST_NETLIFY_MISSING_PACKAGE } from '../errors.ts'

type From = FastifyReply['from']
type FromOptions = NonNullable<Parameters<From>[1]>

/** Passes requests on to other servers with @fastify/reply-from. */
export interface ProxySender {
  /** Answers with what the other server says. The signal ends the exchange, at whatever point it is. */
  send (reply: FastifyReply, path: string, options: FromOptions, signal: AbortSignal): void
  close (): Promise<void>
}

const PACKAGE = '@fastify/reply-from'
/** Milliseconds; less than the 5 s after which servers of Node.js close a connection that is idle. */
const IDLE_CONNECTION = 4_000
const AGENT = { keepAlive: true, timeout: IDLE_CONNECTION, scheduling: 'lifo' } as const

/**
 * Loads the package into an app of its own, which does not listen: a host may have registered it itself, with
 * options of its own, and rules that need it may come with a later version of the site.
 *
 * @param timeout milliseconds in which nothing is sent or received
 * @throws FST_NETLIFY_MISSING_PACKAGE
 */
export async function createProxySender (timeout: number): Promise<ProxySender> {
  const { default: replyFrom } = await loadPackage()
  const app = Fastify()
  // It has no option for a signal, but starts each request before it returns, with what stands here.
  let starting: AbortSignal | undefined
  const agents = { 'http:': new HttpAgent(AGENT), 'https:': new HttpsAgent(AGENT) }
  await app.register(replyFrom, {
    disableRequestLogging: true,
    disableCache: true,
    destroyAgent: true,
    http: {
      agents,
      requestOptions: {
        timeout,
        rejectUnauthorized: true,
        get signal () { return starting }
      }
    }
  })
  const from = await takeFrom(app)

  return {
    send (reply, path, options, signal) {
      starting = signal
      try {
        from.call(reply, path, options)
      } finally {
        starting = undefined
      }
    },
    async close () { await app.close() }
  }
}

/** A handler of the app sees what the package has added to replies. */
async function takeFrom (app: ReturnType<typeof Fastify>): Promise<From> {
  const found: From[] = []
  app.get('/', (_request: unknown, reply: FastifyReply) => {
    found.push(reply.from)
    reply.send()
  })
  await app.inject('/')
  return found[0]!
}

async function loadPackage (): Promise<{ default: typeof import('@fastify/reply-from').default }> {
  try {
    return await import('@fastify/reply-from')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new FST_NETLIFY_MISSING_PACKAGE('redirects', PACKAGE, PACKAGE, { cause: error })
  }
}
