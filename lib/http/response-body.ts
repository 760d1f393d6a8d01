import { AsyncLocalStorage } from 'node:async_hooks'
import { Readable, type Writable } from 'node:stream'
import type { FunctionResponse } from '../functions/exchange.ts'
import { toError } from '../functions/foreign-value.ts'

/** Microtasks after which a body that is not complete counts as a stream. */
const PATIENCE = 24
/** Bytes. Chunks that come together leave together until they are so many; a larger one leaves by itself. */
const BATCH = 16 * 1024
const SMALL = 4 * 1024
/** Bytes that may wait in the target: two usual chunks, as each system call costs as much as many bytes. */
const AHEAD = 128 * 1024

type Scope = NonNullable<FunctionResponse['scope']>
type Read = ReadableStreamReadResult<unknown>

/** What the first look at a body found. */
export type PeekedBody =
  | { readonly kind: 'complete', readonly bytes: Buffer }
  | PeekedStream

/** A body that is still being made, and the reads of it that are under way. */
export interface PeekedStream {
  readonly kind: 'stream'
  readonly reader: Pick<ReadableStreamDefaultReader<unknown>, 'read'>
  /** Reads, so that the producer sees its own call. */
  readonly scope: Scope
  readonly cancel: (reason?: unknown) => void
  readonly pending: ReadonlyArray<Promise<Read>>
}

/**
 * Tells a body that is complete already from one that is still being made, without waiting for the
 * latter: a native `Response` with a string is a stream of one chunk too.
 */
export async function peekBody (body: ReadableStream<unknown>, scope: FunctionResponse['scope']): Promise<PeekedBody> {
  const reader = body.getReader()
  const inScope: Scope = scope ?? ((run) => run())
  // Begun together, they show in two microtasks that a native body is complete.
  const pending = inScope(() => [reader.read(), reader.read()] as const)
  const state: { first?: Read, second?: Read, isSettled: boolean } = { isSettled: false }
  const settle = (): void => { state.isSettled = true }
  pending[0].then((read) => { state.first = read }, settle)
  pending[1].then((read) => {
    state.second = read
    state.isSettled = true
  }, settle)
  for (let ticks = 0; ticks < PATIENCE && !state.isSettled; ticks++) await undefined

  if (state.isSettled) {
    const { first = await pending[0], second = await pending[1] } = state
    if (second.done) return { kind: 'complete', bytes: first.done ? Buffer.alloc(0) : toBuffer(toBytes(first.value)) }
  }
  const cancel = (reason?: unknown): void => { inScope(() => reader.cancel(reason)).catch(() => {}) }
  return { kind: 'stream', reader, scope: inScope, cancel, pending }
}

/**
 * A Node.js stream of a body's bytes. It pulls as fast as it is drained, cancels the body when it is destroyed,
 * and hands the length of every chunk to `count` before it leaves.
 *
 * @param count throws to break the stream
 * @param onFailure called once when the body fails or `count` throws, before the stream is destroyed
 * @param target what is written to without a detour, if the stream is piped there as it is
 */
export function bodyStream (body: PeekedStream, count: (bytes: number, done: boolean) => void, onFailure: (error: Error) => void, target?: Writable): Readable {
  return new BodyStream(body, count, onFailure, target)
}

class BodyStream extends Readable {
  readonly #body: PeekedStream
  readonly #count: (bytes: number, done: boolean) => void
  readonly #onFailure: (error: Error) => void
  readonly #target: Writable | undefined
  /** The reads that were begun before the stream. */
  readonly #ahead: Array<Promise<Read>>
  #isRead = false
  #isPumping = false
  /** Small chunks that wait for the end of the tick. */
  #batch: Uint8Array[] = []
  #batched = 0
  /** Whether the target is to be waited for, and what goes on then. */
  #isFull = false
  #wake: (() => void) | undefined = undefined

  constructor (body: PeekedStream, count: (bytes: number, done: boolean) => void, onFailure: (error: Error) => void, target: Writable | undefined) {
    super()
    this.#body = body
    this.#count = count
    this.#onFailure = onFailure
    this.#target = target
    this.#ahead = [...body.pending]
  }

  override _read (): void {
    if (this.#isPumping) return
    this.#isRead = true
    const reading = this.#ahead.shift() ?? this.#body.scope(() => this.#body.reader.read())
    reading.then((result) => {
      const chunk = result.done ? null : toBytes(result.value)
      this.#count(chunk?.length ?? 0, result.done)
      // An empty chunk would end neither the stream nor this read.
      if (chunk?.length === 0) this._read()
      else this.push(chunk)
    }).catch((thrown: unknown) => this.#fail(thrown))
  }

  /** Somebody who looks at the chunks on their way gets them as from any stream. */
  override pipe<T extends NodeJS.WritableStream> (destination: T, options?: { end?: boolean | undefined }): T {
    const target = this.#target
    const isSeen = this.#isRead || this.readableFlowing !== null || this.readableEncoding !== null
    if (target === undefined || destination !== target as unknown || isSeen || options?.end === false) return super.pipe(destination, options)
    this.#isPumping = true
    target.on('drain', this.#onDrain)
    target.emit('pipe', this)
    // The producer sees its own call; what the target sets off does not.
    const outside = AsyncLocalStorage.snapshot()
    this.#body.scope(() => this.#pump(target, outside)).catch((thrown: unknown) => outside(() => this.#fail(thrown)))
    return destination
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    this.#target?.off('drain', this.#onDrain)
    this.#wake?.()
    for (const promise of this.#ahead) promise.catch(() => {})
    if (!this.readableEnded) this.#body.cancel(error ?? undefined)
    callback(error)
  }

  async #pump (target: Writable, outside: <T>(run: () => T) => T): Promise<void> {
    const { reader } = this.#body
    const flush = (): void => { outside(() => this.#flush()) }
    for (;;) {
      const result = await (this.#ahead.shift() ?? reader.read())
      if (this.destroyed) return
      if (result.done) break
      const chunk = toBytes(result.value)
      this.#count(chunk.length, false)
      if (chunk.length > SMALL) {
        flush()
        outside(() => this.#write(target, chunk))
      } else if (chunk.length > 0) {
        // Node.js sends at the end of the tick what is written in it, so nothing leaves later than it would.
        if (this.#batched === 0) process.nextTick(flush)
        this.#batch.push(chunk)
        this.#batched += chunk.length
        if (this.#batched > BATCH) flush()
      }
      if (this.#isFull) await new Promise<void>((resolve) => { this.#wake = resolve })
    }
    this.#count(0, true)
    outside(() => this.#end(target))
  }

  #flush (): void {
    const [first] = this.#batch
    if (first === undefined) return
    const chunk = this.#batch.length === 1 ? first : Buffer.concat(this.#batch, this.#batched)
    this.#batch = []
    this.#batched = 0
    if (!this.destroyed && this.#target !== undefined) this.#write(this.#target, chunk)
  }

  /** A target that is gone takes nothing more; its close ends the stream. */
  #write (target: Writable, chunk: Uint8Array): void {
    this.#isFull = target.destroyed || (!target.write(chunk) && target.writableLength >= AHEAD)
  }

  readonly #onDrain = (): void => {
    this.#isFull = false
    this.#wake?.()
  }

  /** This stream has ended before its target does, so nobody takes the target's close for a client that left. */
  #end (target: Writable): void {
    this.push(null)
    this.read()
    this.#flush()
    target.end()
  }

  #fail (thrown: unknown): void {
    // A stream may fail with anything, also with what throws when it is looked at.
    const error = toError(thrown)
    this.#onFailure(error)
    this.destroy(error)
  }
}

/** @throws TypeError for a chunk that is neither text nor bytes */
export function toBytes (chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return Buffer.from(chunk)
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (chunk instanceof ArrayBuffer) return Buffer.from(chunk)
  throw new TypeError(`its body stream has a chunk that is ${chunk === null ? 'null' : `a ${typeof chunk}`}; chunks must be strings or bytes`)
}

function toBuffer ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
