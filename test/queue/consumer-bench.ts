import { EventEmitter, once } from 'node:events'
import type { JobEvent } from '../../lib/queue/attempt.ts'
import { createConsumer, type Consumer, type ConsumerOptions } from '../../lib/queue/consumer.ts'
import type { NewJob, QueueDriver } from '../../lib/queue/driver.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import type { PlacesOptions } from '../../lib/queue/places.ts'

export interface LogLine {
  level: string
  details: { job?: string, function?: string, attempt?: number, err?: unknown }
  message: string
}

export interface SetUp extends Partial<ConsumerOptions>, Partial<Pick<PlacesOptions, 'perFunction' | 'shared'>> {
  concurrency?: number
  retryDelays?: readonly number[]
  onLog?: (details: LogLine['details']) => void
}

export interface Bench {
  driver: QueueDriver
  consumer: Consumer
  events: Recorder
  logs: LogLine[]
}

interface Recorder {
  lines: string[]
  add (event: JobEvent): void
  /** Waits for a line such as `started id 1`. */
  until (line: string): Promise<void>
}

/** A consumer of a queue in memory, closed after the test, and what is heard of it. */
export function setUp (t: { teardown (tidy: () => unknown): void }, { concurrency = 1, perFunction = Infinity, shared = false, retryDelays = [], onLog, emit, ...options }: SetUp = {}): Bench {
  const driver = options.driver ?? memoryQueue()
  const events = recorder()
  const logs: LogLine[] = []
  const logger = (level: string) => (...[details, message]: unknown[]) => {
    const line = typeof details === 'string' ? { level, details: {}, message: details } : { level, details: details as LogLine['details'], message: String(message) }
    onLog?.(line.details)
    logs.push(line)
  }
  const consumer = createConsumer({
    places: { total: concurrency, perFunction, shared },
    retryDelaysOf: () => retryDelays,
    knows: () => true,
    leaseDuration: 30_000,
    run: async () => {},
    log: { info: logger('info'), warn: logger('warn'), error: logger('error') },
    ...options,
    driver,
    emit (event) {
      events.add(event)
      emit?.(event)
    }
  })
  t.teardown(async () => {
    await consumer.close(1)
    await driver.close()
  })
  return { driver, consumer, events, logs }
}

export function job (id: string, functionName = 'job'): NewJob {
  const request = { method: 'POST', url: 'http://localhost/', headers: {}, body: null }
  return { id, function: functionName, deployId: '0', requestId: 'request', ip: '127.0.0.1', params: {}, route: undefined, request }
}

function recorder (): Recorder {
  const emitter = new EventEmitter()
  const lines: string[] = []
  return {
    lines,
    add ({ type, job }) {
      lines.push(`${type} ${job.id} ${job.attempt}`)
      emitter.emit('line')
    },
    async until (line) {
      const signal = AbortSignal.timeout(10_000)
      while (!lines.includes(line)) {
        await once(emitter, 'line', { signal }).catch(() => { throw new Error(`"${line}" did not come; there is: ${lines.join(', ')}`) })
      }
    }
  }
}
