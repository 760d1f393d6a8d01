import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'

/** What the tests use of the package `ws`, which has no types of its own. */
export interface Socket extends EventEmitter {
  readonly protocol: string
  readonly extensions: string
  send (data: string | Buffer, options?: { binary: boolean }): void
  close (code: number, reason: string): void
  terminate (): void
}

export interface SocketServer extends EventEmitter {
  readonly clients: Set<Socket>
  handleUpgrade (request: IncomingMessage, socket: Duplex, head: Buffer, accept: (client: Socket) => void): void
}

interface Ws {
  readonly WebSocket: new (url: string, protocol: string, options: object) => Socket
  readonly WebSocketServer: new (options: object) => SocketServer
}

export const { WebSocket, WebSocketServer } = createRequire(import.meta.url)('ws') as Ws
