import type { FunctionResponse } from '../../functions/exchange.ts'
import { toBytes } from '../../http/response-body.ts'
import type { BodyMessage } from './messages.ts'
import { packError } from './portable-error.ts'

type Read = ReadableStreamReadResult<unknown>

/** A stream that has been begun to be read. */
export interface BodySource {
  readonly reader: Pick<ReadableStreamDefaultReader<unknown>, 'read'>
  /** Reads, so that the producer sees its own call. */
  readonly scope: NonNullable<FunctionResponse['scope']>
  readonly cancel: (reason?: unknown) => void
  readonly pending: ReadonlyArray<Promise<Read>>
}

/** What may be sent. */
export interface Credit {
  readonly chunks: number
  readonly bytes: number
}

/** Chunks and bytes that may be on their way, or wait to be read, on the other side. */
export const WINDOW: Credit = { chunks: 64, bytes: 128 * 1024 }

/** Sends a body to the other side of a port, no faster than it is read there. */
export class BodySender {
  readonly #call: number
  readonly #source: BodySource
  readonly #ahead: Array<Promise<Read>>
  readonly #post: (message: BodyMessage, chunk?: Uint8Array) => void
  readonly #onEnd: () => void
  #chunks: number
  #bytes: number
  #isReading = false
  #isOver = false

  /**
   * @param credit that it begins with
   * @param onEnd called once, when nothing more will be sent
   */
  constructor (call: number, source: BodySource, credit: Credit, post: (message: BodyMessage, chunk?: Uint8Array) => void, onEnd: () => void) {
    this.#chunks = credit.chunks
    this.#bytes = credit.bytes
    this.#call = call
    this.#source = source
    this.#ahead = [...source.pending]
    this.#post = post
    this.#onEnd = onEnd
    this.#pump()
  }

  grant (chunks: number, bytes: number): void {
    this.#chunks += chunks
    this.#bytes += bytes
    this.#pump()
  }

  /** The other side reads no more. */
  cancel (reason?: unknown): void {
    if (this.#isOver) return
    for (const promise of this.#ahead) promise.catch(() => {})
    this.#source.cancel(reason)
    this.#end()
  }

  async #pump (): Promise<void> {
    if (this.#isReading || this.#isOver) return
    this.#isReading = true
    try {
      while (!this.#isOver && this.#chunks > 0 && this.#bytes > 0) {
        const { done, value } = await (this.#ahead.shift() ?? this.#source.scope(() => this.#source.reader.read()))
        if (this.#isOver) return
        if (done) {
          this.#post({ type: 'end', call: this.#call })
          return this.#end()
        }
        const bytes = toBytes(value)
        this.#chunks--
        this.#bytes -= bytes.length
        this.#post({ type: 'chunk', call: this.#call }, bytes)
      }
    } catch (error) {
      if (this.#isOver) return
      this.#source.cancel(error)
      this.#post({ type: 'broken', call: this.#call, error: packError(error) })
      this.#end()
    } finally {
      this.#isReading = false
    }
  }

  #end (): void {
    this.#isOver = true
    this.#onEnd()
  }
}

/** A stream that nobody has begun to read. */
export function sourceOf (stream: ReadableStream<unknown>): BodySource {
  const reader = stream.getReader()
  return { reader, scope: (read) => read(), cancel: (reason) => { reader.cancel(reason).catch(() => {}) }, pending: [] }
}
