/** Bytes of a body that are shown. */
const PREVIEW = 4_096
/** Control characters, besides tab and the ends of lines, that no text has. */
// eslint-disable-next-line no-control-regex
const NO_TEXT = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]/

/** What is shown of the body of a request. */
export type BodyPreview =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes', readonly size: number }
  | { readonly kind: 'text', readonly size: number, readonly text: string, readonly isCut: boolean }

/** Shows the beginning of a body if it is text, whatever its content type says. */
export function previewBody (body: Uint8Array | null): BodyPreview {
  if (body === null) return { kind: 'none' }
  const size = body.length
  const isCut = size > PREVIEW
  try {
    // As a stream, the decoder waits for the rest of a character that is cut in two.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body.subarray(0, PREVIEW), { stream: isCut })
    return NO_TEXT.test(text) ? { kind: 'bytes', size } : { kind: 'text', size, text, isCut }
  } catch {
    return { kind: 'bytes', size }
  }
}
