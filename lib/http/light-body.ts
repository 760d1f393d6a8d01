import { Readable } from 'node:stream'
import { isUint8Array } from 'node:util/types'

/** A body that is there in full. Bytes belong to the body: whoever hands them out makes a copy. */
export type WholeBody = string | Uint8Array<ArrayBuffer>

const BYTE_ORDER_MARK = 0xfeff

// Both leave out a byte order mark and put U+FFFD for what is malformed, as reading a body does.
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Gives a body as `text()` does. */
export function textOf (body: WholeBody): string {
  if (typeof body !== 'string') return decoder.decode(body)
  return (body.charCodeAt(0) === BYTE_ORDER_MARK ? body.slice(1) : body).toWellFormed()
}

/** Gives a body as `bytes()` does, in memory of its own. */
export function bytesOf (body: WholeBody): Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? encoder.encode(body) : new Uint8Array(body)
}

/** Copies what a body may be made of, or gives `undefined` if that is for a native class to decide. */
export function copyOfBytes (source: unknown): Uint8Array<ArrayBuffer> | undefined {
  // Others may be shared, resizable or detached, and are rare.
  if (!isUint8Array(source) || source.length === 0 || !(source.buffer instanceof ArrayBuffer) || source.buffer.resizable) return undefined
  return new Uint8Array(source)
}

/** Tells whether anything was read of a stream, or it was cancelled. */
export function isDisturbed (stream: ReadableStream): boolean {
  return Readable.isDisturbed(stream as unknown as NodeJS.ReadableStream) // takes streams of the web too; its types do not say so
}
