/**
 * What goes into a function and comes out of it: the same for a call over HTTP, a job of the queue and
 * `invoke()`, and for both handler forms. Reading a member may cost something the first time, so it is read
 * only where it is needed, and copied member by member.
 */

export interface FunctionRequest {
  readonly method: string
  /** Absolute URL with the public origin. */
  readonly url: string
  /** Lower-case names; a name sent several times has its values joined as Node.js joins them. */
  readonly headers: Readonly<Record<string, string>>
  /** Where headers of Netlify's platform are looked up, if not among all: those that somebody who may set them has set. */
  readonly platformHeaders?: Readonly<Record<string, string>>
  /** Exactly as sent; `null` when there is none. A stream only if `limits.requestBody` is `Infinity`. */
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null
}

export interface FunctionResponse {
  readonly status: number
  /** In order; `set-cookie` may be there several times. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string | Uint8Array | ReadableStream<unknown> | null
  /** Runs what reads the body, so that its producer sees the call's `Netlify.context` and `getContext()`. */
  readonly scope?: <T>(read: () => T) => T
}
