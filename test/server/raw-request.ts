import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

export interface RawResponse {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends a request line exactly as given, which no HTTP client does, and reads the connection to its end. */
export async function sendRaw (origin: string, requestLine: string, headers: readonly string[] = []): Promise<RawResponse> {
  const { hostname, port, host } = new URL(origin)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write([`${requestLine} HTTP/1.1`, `host: ${host}`, 'connection: close', ...headers, '', ''].join('\r\n'))
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n', 2)
  return { status: Number(head.split(' ', 2)[1]), head, body }
}
