import type { MessagePort } from 'node:worker_threads'
import type { Batch, Payload } from './messages.ts'

/** Bytes from which on a body is handed over, which has its own cost, rather than copied once more. */
const LARGE = 4 * 1024

/** Gathers what is said in one turn of the event loop, so that it travels together. */
export class Outbox<Message> {
  readonly #port: Pick<MessagePort, 'postMessage'>
  #messages: Message[] = []
  #places: number[] = []
  #payloads: Payload[] = []
  #transfer: ArrayBuffer[] = []
  #flushing: NodeJS.Immediate | undefined = undefined

  constructor (port: Pick<MessagePort, 'postMessage'>) {
    this.#port = port
  }

  post (message: Message, payload: Payload = null): void {
    if (payload !== null) {
      this.#places.push(this.#messages.length)
      this.#payloads.push(payload instanceof Uint8Array ? this.#own(payload) : payload)
    }
    this.#messages.push(message)
    this.#flushing ??= setImmediate(this.flush)
  }

  readonly flush = (): void => {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    if (this.#messages.length === 0) return
    const batch: Batch = { text: JSON.stringify(this.#messages), places: this.#places, payloads: this.#payloads }
    const transfer = this.#transfer
    this.#messages = []
    this.#places = []
    this.#payloads = []
    this.#transfer = []
    this.#port.postMessage(batch, transfer)
  }

  /** A copy: its owner goes on to use the bytes, and what is posted as it is brings all of its buffer along. */
  #own (bytes: Uint8Array): Uint8Array {
    const copy = new Uint8Array(bytes)
    if (copy.length >= LARGE) this.#transfer.push(copy.buffer)
    return copy
  }
}

/** Takes a batch apart, in order. */
export function unpack<Message> ({ text, places, payloads }: Batch, deliver: (message: Message, payload: Payload) => void): void {
  let next = 0
  for (const [index, message] of (JSON.parse(text) as Message[]).entries()) {
    deliver(message, places[next] === index ? payloads[next++]! : null)
  }
}
