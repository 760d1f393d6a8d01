import t from 'tap'
import { formatOf, negotiate } from '../../../lib/site/images/format.ts'

const png = '\x89PNG\r\n\x1a\n\0\0\0\0'

t.test('a format is told by the first bytes', async (t) => {
  const known = {
    '\xff\xd8\xff\xe0\0\0\0\0\0\0\0\0': 'jpeg',
    [png]: 'png',
    'GIF89a\0\0\0\0\0\0': 'gif',
    'RIFF\0\0\0\0WEBP': 'webp',
    '\0\0\0\x1cftypavif\0': 'avif',
    '<svg xmlns="x"/>': 'svg',
    '<?xml version="1.0"?>\n<!-- Made - by -- hand -->\n<!DOCTYPE svg PUBLIC "x" "y" [ <!ENTITY a "b"> ]>\n<svg>': 'svg'
  }
  for (const [bytes, format] of Object.entries(known)) t.equal(formatOf(Buffer.from(bytes, 'latin1')), format, format)
})

t.test('anything else is no image', async (t) => {
  const unknown = ['', 'x', '<!DOCTYPE html><svg></svg>', '<html><svg>', 'icns\0\0\0\0\0\0\0\0', '%PDF-1.7 <svg >', 'II*\0\0\0\0\0\0\0\0\0', '\0\0\0\x1cftypheic\0', '8BPS\0\0\0\0\0\0\0\0']
  for (const bytes of unknown) t.equal(formatOf(Buffer.from(bytes, 'latin1')), undefined, bytes)
})

t.test('a format is looked for in no more time than a line takes to read', async (t) => {
  const started = performance.now()
  for (const piece of ['<!-- - ', '<?xml ', '<!DOCTYPE ', '<!--', ' ', '<svg', '-']) formatOf(Buffer.from(piece.repeat(1_000_000 / piece.length)))
  t.ok(performance.now() - started < 10_000, 'where some expressions would take minutes')
})

t.test('a browser gets webp, else avif, else what there is', async (t) => {
  const chrome = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8'
  t.equal(negotiate('jpeg', chrome), 'webp')
  t.equal(negotiate('png', 'image/avif'), 'avif')
  t.equal(negotiate('png', 'image/avif, image/webp;q=0'), 'avif')
  t.equal(negotiate('png', 'IMAGE/WEBP ; q=0.5'), 'webp')
  for (const accept of [undefined, '', '*/*', 'image/*', 'image/webpx', 'text/html']) t.equal(negotiate('png', accept), 'png', String(accept))
})

t.test('an animation stays one', async (t) => {
  t.equal(negotiate('gif', 'image/avif'), 'gif')
  t.equal(negotiate('gif', 'image/avif,image/webp'), 'webp')
})
