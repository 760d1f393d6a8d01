import { gzipSync } from 'node:zlib'
import t from 'tap'
import { previewBody } from '../../lib/dashboard/jobs-body.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

t.test('text is shown', (t) => {
  for (const text of ['', 'hello', '{"a":\t"ü"}\r\n', '<img src=x onerror=alert(1)>']) {
    t.same(previewBody(bytes(text)), { kind: 'text', size: bytes(text).length, text, isCut: false })
  }
  t.end()
})

t.test('of long text the beginning is shown, without half a character at its end', (t) => {
  t.same(previewBody(bytes('a'.repeat(4_097))), { kind: 'text', size: 4_097, text: 'a'.repeat(4_096), isCut: true })
  t.same(previewBody(bytes(`a${'é'.repeat(3_000)}`)), { kind: 'text', size: 6_001, text: `a${'é'.repeat(2_047)}`, isCut: true })
  t.end()
})

t.test('what is no text is not shown', (t) => {
  t.same(previewBody(null), { kind: 'none' })
  for (const body of [new Uint8Array([0, 1, 2]), new Uint8Array([0xff, 0xfe]), new Uint8Array(gzipSync('hello')), bytes('a\0b'), bytes('\x1B[31mred'), new Uint8Array([0x61, 0xc3])]) {
    t.same(previewBody(body), { kind: 'bytes', size: body.length })
  }
  t.end()
})
