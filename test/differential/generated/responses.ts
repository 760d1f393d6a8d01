import fc from 'fast-check'
import type { Call } from '../exchange.ts'

/** Makes the response that it is sent a description of. */
export const madeFiles: Readonly<Record<string, string>> = {
  'made.mjs': `
    const BODIES = {
      none: () => null,
      text: (parts) => parts.join(''),
      bytes: (parts) => Buffer.from(parts.join('')),
      blob: (parts) => new Blob(parts, { type: 'text/x-parts' }),
      form: (parts) => new URLSearchParams(parts.map((part) => ['part', part])),
      stream: (parts) => new ReadableStream({
        start (controller) {
          for (const part of parts) controller.enqueue(Buffer.from(part))
          controller.close()
        }
      }),
      pulled: (parts) => {
        const left = [...parts]
        return new ReadableStream({
          async pull (controller) {
            await null
            if (left.length === 0) controller.close()
            else controller.enqueue(left.shift())
          }
        })
      }
    }
    export default async (request) => {
      const { status, headers, kind, parts } = await request.json()
      return new Response(BODIES[kind](parts), { status, headers })
    }`
}

const status = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(200, 201, 202, 203, 206, 301, 302, 307, 400, 401, 404, 418, 429, 500, 503) }, fc.integer({ min: 199, max: 600 }).filter((code) => code !== 204 && code !== 205 && code !== 304))
const value = fc.oneof({ weight: 6, arbitrary: fc.stringMatching(/^[\x20-\x7e]{0,12}$/) }, fc.constantFrom('é', 'ÿ', 'a\tb', '☃', 'a\nb'))
const name = fc.oneof(fc.constantFrom('x-a', 'X-A', 'content-type', 'cache-control', 'location', 'set-cookie', 'vary', 'etag', 'content-language', 'link', 'x-nf-own', 'server'), fc.stringMatching(/^x-o[a-z0-9!#$%&'*+.^_`|~-]{0,5}$/), fc.constant('not a name'))

const nullBody = fc.record({ status: fc.constantFrom(204, 205, 304), kind: fc.constantFrom('none', 'text'), parts: fc.constant<string[]>([]) })
const anyBody = fc.record({ status, kind: fc.constantFrom('none', 'text', 'bytes', 'blob', 'form', 'stream', 'pulled'), parts: fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 4 }) })

/** Any status, headers and body. */
export const responseCall: fc.Arbitrary<Call> = fc.tuple(fc.oneof({ weight: 6, arbitrary: anyBody }, nullBody), fc.array(fc.tuple(name, value), { maxLength: 5 }), fc.constantFrom('POST', 'PUT'))
  .map(([made, headers, method]) => ({ title: 'a generated response', function: 'made', method, headers: [['content-type', 'application/json']], body: JSON.stringify({ ...made, headers }) }))
