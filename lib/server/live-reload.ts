import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** Pages that wait for something new. */
export interface LiveReload {
  /** Names what there is to see now; another process has other names. */
  readonly version: string
  /** Tells every page that there is something new. */
  announce (): void
  /** Answers with an event stream that says which version there is, now and later. */
  connect (reply: FastifyReply): FastifyReply
  /** Ends every stream; each page then tries to connect again. */
  close (): void
}

/** A page more is refused; each takes a connection of the server. */
const MOST_PAGES = 100
/** Milliseconds after which a browser whose stream has ended connects again. */
const RETRY = 500
/** Milliseconds between signs of life, by which a page is found out that has gone without a word. */
const BEAT = 30_000
/** Bytes that wait for a page; one that reads nothing is given up. */
const MOST_WAITING = 4096

/** Keeps the streams of server-sent events of the pages that load themselves again. */
export function createLiveReload (): LiveReload {
  const boot = randomUUID()
  const streams = new Set<Readable>()
  let count = 0
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  return {
    get version () {
      return currentVersion()
    },
    announce () {
      count++
      send(`data: ${currentVersion()}\n\n`)
    },
    connect (reply) {
      if (streams.size >= MOST_PAGES || isClosed) return reply.code(503).header('retry-after', '5').send()
      const stream = new Readable({ read () {} })
      streams.add(stream)
      stream.once('close', () => leave(stream))
      stream.push(`retry: ${RETRY}\ndata: ${currentVersion()}\n\n`)
      timer ??= setInterval(() => send(':\n\n'), BEAT).unref()
      return reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }).send(stream)
    },
    close () {
      isClosed = true
      for (const stream of streams) stream.push(null)
    }
  }

  function currentVersion (): string {
    return `${boot}-${count}`
  }

  function send (text: string): void {
    for (const stream of streams) {
      if (isClosed || stream.readableLength > MOST_WAITING) stream.destroy()
      else stream.push(text)
    }
  }

  function leave (stream: Readable): void {
    streams.delete(stream)
    if (streams.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
