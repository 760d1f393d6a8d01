import { Readable } from 'node:stream'
import type { FunctionResponse } from '../functions/exchange.ts'
import { toError } from '../functions/foreign-value.ts'

/** Microtasks after which a body that is not complete counts as a stream. A native body of one chunk needs fewer. */
const PATIENCE = 24

/** What the first look at a body found. */
export type PeekedBody =
  | { readonly kind: 'complete', readonly bytes: Buffer }
  | PeekedStream

/** A body that is still being made, and the reads of it that are under way. */
export interface PeekedStream {
  readonly kind: 'stream'
  readonly read: () => Promise<ReadableStreamReadResult<unknown>>
  readonly cancel: (reason?: unknown) => void
  readonly pending: ReadonlyArray<Promise<ReadableStreamReadResult<unknown>>>
}

/**
 * Tells a body that is complete already from one that is still being made, without waiting for the
 * latter: a native `Response` with a string is a stream of one chunk too.
 */
export async function peekBody (body: ReadableStream<unknown>, scope: FunctionResponse['scope']): Promise<PeekedBody> {
  const reader = body.getReader()
  const read = scope === undefined ? () => reader.read() : () => scope(() => reader.read())
  const cancel = (reason?: unknown): void => {
    const cancelling = scope === undefined ? reader.cancel(reason) : scope(() => reader.cancel(reason))
    cancelling.catch(() => {})
  }
  const first = read()
  const chunk = await soon(first)
  if (chunk === undefined) return { kind: 'stream', read, cancel, pending: [first] }
  if (chunk.done) return { kind: 'complete', bytes: Buffer.alloc(0) }

  const second = read()
  const end = await soon(second)
  if (end?.done) return { kind: 'complete', bytes: toBuffer(chunk.value) }
  return { kind: 'stream', read, cancel, pending: [first, second] }
}

/**
 * A Node.js stream of a body's bytes. It pulls as fast as its reader drains, cancels the body when it
 * is destroyed, and hands every chunk to `count` before it leaves.
 *
 * @param count throws to break the stream
 * @param onFailure called once when the body fails or `count` throws, before the stream is destroyed
 */
export function bodyStream ({ read, cancel, pending }: PeekedStream, count: (bytes: number, done: boolean) => void, onFailure: (error: Error) => void): Readable {
  const ahead = [...pending]
  return new Readable({
    read () {
      (ahead.shift() ?? read()).then((result) => {
        const chunk = result.done ? null : toBuffer(result.value)
        count(chunk?.length ?? 0, result.done)
        // An empty chunk would end neither the stream nor this read.
        if (chunk?.length === 0) this._read(0)
        else this.push(chunk)
      }).catch((thrown: unknown) => {
        // A stream may fail with anything, also with what throws when it is looked at.
        const error = toError(thrown)
        onFailure(error)
        this.destroy(error)
      })
    },
    destroy (error, callback) {
      for (const promise of ahead) promise.catch(() => {})
      cancel(error ?? undefined)
      callback(error)
    }
  })
}

/** The value of a promise that settles within a few microtasks, else `undefined`; its rejection is thrown. */
async function soon<T> (promise: Promise<T>): Promise<T | undefined> {
  const state = { settled: false }
  const settle = (): void => { state.settled = true }
  promise.then(settle, settle)
  for (let ticks = 0; ticks < PATIENCE && !state.settled; ticks++) await undefined
  return state.settled ? await promise : undefined
}

function toBuffer (chunk: unknown): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (chunk instanceof ArrayBuffer) return Buffer.from(chunk)
  throw new TypeError(`its body stream has a chunk that is ${chunk === null ? 'null' : `a ${typeof chunk}`}; chunks must be strings or bytes`)
}
