import type { Server } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { FST_NETLIFY_DASHBOARD_NEEDS_AUTH } from '../errors.ts'

interface Emitter {
  emit (event: string | symbol, ...args: unknown[]): boolean
}

const FORWARDING = /^(x-forwarded-.+|forwarded|x-real-ip|via|cf-connecting-ip|true-client-ip)$/
const LOOPBACK_ADDRESS = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/
const LOOPBACK_HOST = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i

/**
 * Says why a request may come from another machine, or have been made by a page of another site. A proxy on this
 * machine looks like a client on it but for what it adds, and a name that was made to mean 127.0.0.1 shows in `Host`.
 */
export function whyNotLocal ({ raw }: FastifyRequest): string | undefined {
  const { remoteAddress } = raw.socket
  const host = raw.headers.host ?? String(raw.headers[':authority'] ?? '')
  if (remoteAddress === undefined || !LOOPBACK_ADDRESS.test(remoteAddress)) return 'this one comes from another address'
  if (!LOOPBACK_HOST.test(host)) return 'this one names another host'
  const header = Object.keys(raw.headers).find((name) => FORWARDING.test(name))
  if (header !== undefined) return `this one has passed a proxy, as its header ${header} says`
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = raw.headers
  // A host that allows other origins to read would let their scripts read this, too. Whoever follows a link may come.
  return (site === 'cross-site' || site === 'same-site') && mode !== 'navigate' ? 'this one was made by a page of another site' : undefined
}

/**
 * Lets a server listen on the loopback only: elsewhere, `listen()` rejects.
 *
 * Nobody must hear that it listens before it is closed, and listeners cannot keep an event from each other.
 */
export function refuseOtherAddresses (app: FastifyInstance, path: string): void {
  const { server }: { server: Server } = app
  const emitter: Emitter = server
  const { emit } = emitter
  emitter.emit = function (event, ...args) {
    if (event !== 'listening') return emit.call(this, event, ...args)
    const where = otherAddress(server)
    if (where === undefined) {
      emitter.emit = emit
      return emit.call(this, event, ...args)
    }
    server.close()
    return emit.call(this, 'error', new FST_NETLIFY_DASHBOARD_NEEDS_AUTH(path, where))
  }
}

/** Where a server listens, unless that is the loopback. Whose socket file it is, nobody knows. */
function otherAddress (server: Server): string | undefined {
  const address = server.address()
  if (address === null) return undefined
  if (typeof address === 'string') return address
  return LOOPBACK_ADDRESS.test(address.address) ? undefined : address.address
}
