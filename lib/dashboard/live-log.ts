import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_DASHBOARD_TOO_MANY_WATCHERS } from '../errors.ts'
import { matcherOf, type LogEntry, type LogFilter, type Logs } from '../logs/history.ts'
import { readLogFilter, toLine } from './log-lines.ts'

/** Sends new lines of the log to browsers, as server-sent events. */
export interface LiveLog {
  /**
   * @param query what it says once
   * @throws FST_NETLIFY_DASHBOARD_TOO_MANY_WATCHERS
   */
  watch (request: FastifyRequest, reply: FastifyReply, query: Readonly<Record<string, string>>): void
  readonly watchers: number
  /** Ends every one; browsers come back if there is somebody to come back to. */
  close (): void
}

const MOST_WATCHERS = 20
/** Bytes that wait for one browser before it is let go. */
const MOST_WAITING = 256 * 1024
/** Milliseconds between signs of life, which keep proxies from ending what is silent. */
const HEARTBEAT = 15_000
/** Entries that a browser gets when it comes back. */
const MOST_MISSED = 200
const ID = /^\d{1,15}$/

export function createLiveLog (logs: Logs): LiveLog {
  const endings = new Set<() => void>()
  let isClosed = false

  return {
    watch (request, reply, query) {
      if (isClosed || endings.size >= MOST_WATCHERS) throw new FST_NETLIFY_DASHBOARD_TOO_MANY_WATCHERS(MOST_WATCHERS)
      const filter = readLogFilter(query)
      const { raw } = reply
      reply.hijack()
      raw.writeHead(200, { ...reply.getHeaders() as Record<string, string>, 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
      raw.write('retry: 2000\n\n')

      const missed = missedSince(String(request.headers['last-event-id'] ?? query['after'] ?? ''), filter)
      for (const text of newestWithin(missed.map(toMessage), MOST_WAITING / 2)) write(text)
      const isWanted = matcherOf(filter)
      const unsubscribe = logs.subscribe((entry) => { if (isWanted(entry)) write(toMessage(entry)) })
      const heartbeat = setInterval(() => write(': \n\n'), HEARTBEAT).unref()
      endings.add(end)
      raw.on('close', cleanUp)
      raw.on('error', cleanUp)

      function write (text: string): void {
        if (raw.destroyed) return
        raw.write(text)
        if (raw.writableLength > MOST_WAITING) raw.destroy()
      }

      function end (): void {
        cleanUp()
        // Who does not read would hold up the close of the server.
        if (raw.writableLength > 0) raw.destroy()
        else raw.end()
      }

      function cleanUp (): void {
        unsubscribe()
        clearInterval(heartbeat)
        endings.delete(end)
      }
    },
    get watchers () {
      return endings.size
    },
    close () {
      isClosed = true
      for (const end of endings) end()
    }
  }

  function missedSince (id: string, filter: LogFilter): LogEntry[] {
    return ID.test(id) ? logs.list({ ...filter, after: Number(id), limit: MOST_MISSED }).reverse() : []
  }
}

function toMessage (entry: LogEntry): string {
  return `id: ${entry.id}\ndata: ${JSON.stringify(toLine(entry))}\n\n`
}

/** Of many texts the last ones, so that they are no more than so many bytes. */
function newestWithin (texts: readonly string[], most: number): readonly string[] {
  let bytes = 0
  const last = texts.findLastIndex((text) => (bytes += Buffer.byteLength(text)) > most)
  return texts.slice(last + 1)
}
