/**
 * Netlify's production bootstrap behind an HTTP server that plays the edge: it turns a request into the event
 * that the bootstrap expects. A process of its own, because the bootstrap changes globals such as `fetch`.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { serialize } from 'node:v8'
import { account, deploy, geo, site } from './platform.ts'

interface Head {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
}

/** The stream that AWS Lambda hands to a handler, and what was written to it. */
class ResponseStream extends Writable {
  head: Head | undefined
  readonly chunks: Buffer[] = []

  override _write (chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk)
    done()
  }
}

interface EdgeRequest {
  readonly method: string | string[] | undefined
  readonly target: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The pattern that matched. */
  readonly route: string | string[] | undefined
}

type StreamingHandler = (event: object, stream: ResponseStream, context: object) => Promise<void>

Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: StreamingHandler) => handler,
    HttpResponseStream: {
      from: (stream: ResponseStream, head: Head) => Object.assign(stream, { head })
    }
  }
})
const { getLambdaHandler } = await import('@netlify/serverless-functions-api')
const TEXT_TYPE = /^(?:text\/|.*\+(?:json|xml)$|application\/(?:csp-report|graphql|json|javascript|x-www-form-urlencoded|x-ndjson|xml)$)/
const directory = process.argv[2]!
let requests = 0

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = await Array.fromAsync(request)
  response.end(serialize(await run(request, Buffer.concat(chunks))))
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

async function run (request: IncomingMessage, body: Buffer): Promise<object> {
  const { 'x-oracle-function': name, 'x-oracle-route': route, 'x-oracle-method': method = request.method, ...headers } = request.headers
  const handler = getLambdaHandler(join(directory, `${String(name)}.mjs`)) as unknown as StreamingHandler
  const stream = new ResponseStream()
  try {
    await handler(toEvent({ method, target: request.url, headers, body, route }), stream, { awsRequestId: 'aws', getRemainingTimeInMillis: () => 10_000 })
  } catch (error) {
    return { status: 500, headers: [], body: Buffer.concat(stream.chunks), error: String(error) }
  }
  const { statusCode, headers: single = {}, multiValueHeaders = {} } = stream.head!
  const lines = [...Object.entries(single), ...Object.entries(multiValueHeaders).flatMap(([key, values]) => values.map((value) => [key, value]))]
  return { status: statusCode, headers: lines, body: Buffer.concat(stream.chunks) }
}

function toEvent ({ method, target, headers, body, route }: EdgeRequest): object {
  const rawUrl = `http://${headers.host}${target}`
  const isText = TEXT_TYPE.test(headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '')
  const { postalCode, ...place } = geo
  return {
    rawUrl,
    path: new URL(rawUrl).pathname,
    httpMethod: method,
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value])),
      'client-ip': '127.0.0.1',
      'x-nf-account-id': account.id,
      'x-nf-branch': deploy.branch,
      'x-nf-client-connection-ip': '127.0.0.1',
      'x-nf-deploy-context': deploy.context,
      'x-nf-deploy-id': deploy.id,
      'x-nf-deploy-published': '1',
      'x-nf-geo': Buffer.from(JSON.stringify({ ...place, postal_code: postalCode })).toString('base64'),
      'x-nf-request-id': `01ORAC1E${String(++requests).padStart(18, '0')}`,
      'x-nf-site-id': site.id
    },
    body: body.length === 0 ? undefined : body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
    route
  }
}
