import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { NetlifyFunctionsOptions } from '../../lib/index.ts'
import { createApp } from '../helper.ts'

type Test = Parameters<typeof createApp>[0]

/** A server that rules lead to, closed after the test. */
export async function startOther (t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server that answers with what it was asked. */
export async function startEcho (t: Test): Promise<string> {
  return await startOther(t, ({ method, url, headers }, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, url, headers }))
  })
}

export interface EchoedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
}

/** A site that has nothing but rules. */
export async function createRuledApp (t: Test, rules: string, options: NetlifyFunctionsOptions = {}, serverOptions: FastifyServerOptions = {}): Promise<FastifyInstance> {
  return await createApp(t, { 'public/_redirects': rules }, { publish: 'public', ...options }, serverOptions)
}
