import type { RequestListener } from 'node:http'
import { Readable } from 'node:stream'
import type { Workload } from '../workload.ts'

interface Source {
  readonly chunk: Buffer
  readonly times: number
}

/** Who answers streams. */
export const streamServers: readonly string[] = ['node-http', 'node-http-web-stream', 'fastify', 'hono-node-server', 'srvx', 'node-fetch-server', 'netlify-functions']

export function pipeListener (source: Source): RequestListener {
  return (_request, response) => {
    response.setHeader('content-type', 'text/plain')
    repeat(source).pipe(response)
  }
}

export function addPipeRoute (route: string, source: Source): NonNullable<Workload['addRoute']> {
  return (app) => {
    app.get(route, (_request, reply) => reply.type('text/plain').send(repeat(source)))
  }
}

function repeat ({ chunk, times }: Source): Readable {
  let sent = 0
  return new Readable({
    read () {
      this.push(sent++ < times ? chunk : null)
    }
  })
}
