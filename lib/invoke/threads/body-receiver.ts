import { WINDOW } from './body-sender.ts'
import type { ReaderMessage } from './messages.ts'
import { packError } from './portable-error.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** The other end of a `BodySender`: a stream of what it sends. */
export class BodyReceiver {
  readonly stream: ReadableStream<Bytes>
  readonly #call: number
  readonly #post: (message: ReaderMessage) => void
  /** What has come and is not read yet. */
  readonly #waiting: Bytes[] = []
  #controller!: ReadableStreamDefaultController<Bytes>
  #isWanted = false
  #ending: 'none' | 'ended' | Error = 'none'
  #isClosed = false
  /** Read, and not yet granted anew. */
  #chunks = 0
  #bytes = 0

  /** @param asks whether nothing is sent before it is asked for; else a first window is */
  constructor (call: number, post: (message: ReaderMessage) => void, asks: boolean) {
    let hasAsked = !asks
    this.#call = call
    this.#post = post
    this.stream = new ReadableStream<Bytes>({
      start: (controller) => { this.#controller = controller },
      pull: () => {
        if (!hasAsked) post({ type: 'credit', call, ...WINDOW })
        hasAsked = true
        this.#isWanted = true
        this.#deliver()
      },
      cancel: (reason) => {
        this.#isClosed = true
        if (this.#ending === 'none') post({ type: 'cancel', call, error: reason === undefined ? undefined : packError(reason) })
      }
    }, { highWaterMark: 0 })
  }

  push (chunk: Bytes): void {
    if (this.#isClosed) return
    this.#waiting.push(chunk)
    this.#deliver()
  }

  end (): void {
    this.#finish('ended')
  }

  /** What has come is read before the error. */
  break (error: Error): void {
    this.#finish(error)
  }

  #finish (ending: 'ended' | Error): void {
    if (this.#ending !== 'none') return
    this.#ending = ending
    // An end is seen without being asked for, as of any stream.
    if (this.#waiting.length === 0) this.#close()
  }

  #deliver (): void {
    if (!this.#isWanted || this.#isClosed) return
    const chunk = this.#waiting.shift()
    if (chunk === undefined) return
    this.#isWanted = false
    this.#controller.enqueue(chunk)
    this.#grant(chunk.length)
    if (this.#waiting.length === 0) this.#close()
  }

  #grant (bytes: number): void {
    this.#chunks++
    this.#bytes += bytes
    if (this.#ending !== 'none' || (this.#chunks < WINDOW.chunks / 4 && this.#bytes < WINDOW.bytes / 4)) return
    this.#post({ type: 'credit', call: this.#call, chunks: this.#chunks, bytes: this.#bytes })
    this.#chunks = 0
    this.#bytes = 0
  }

  #close (): void {
    if (this.#ending === 'none' || this.#isClosed) return
    this.#isClosed = true
    if (this.#ending === 'ended') this.#controller.close()
    else this.#controller.error(this.#ending)
  }
}
