import t from 'tap'
import { readImageRequest, type ImageRequest } from '../../../lib/site/images/request.ts'
import { loadTransform } from '../../../lib/site/images/transform.ts'
import { sample, sharp } from './sample.ts'

const transform = await loadTransform()
const ask = (query = ''): ImageRequest => readImageRequest(`url=/a&${query}`)

t.test('a photo is turned the way it was taken', async (t) => {
  // The upper half red; a camera that was held upright says that it lies on its side.
  const taken = await sharp(await sample('png', 60, 20, '#ff0000')).extend({ bottom: 20, background: '#0000ff' }).jpeg().withMetadata({ orientation: 6 }).toBuffer()
  for (const [query, width, height] of [['', 40, 60], ['w=20', 20, 30], ['w=400&h=30', 20, 30], ['w=20&h=20&fit=cover', 20, 20]] as const) {
    const result = await transform(taken, ask(query), 'png')
    t.match(await sharp(result).metadata(), { width, height }, query)
    const { data, info } = await sharp(result).raw().toBuffer({ resolveWithObject: true })
    t.ok(data[(info.width - 1) * info.channels]! > 200 && data[2]! > 200, 'red at the right, blue at the left')
  }
})

t.test('quality counts where a format loses any', async (t) => {
  const noisy = await sharp({ create: { width: 100, height: 100, channels: 3, background: '#000', noise: { type: 'gaussian', mean: 128, sigma: 60 } } }).png().toBuffer()
  for (const format of ['jpeg', 'webp', 'avif'] as const) {
    const [low, normal, high] = await Promise.all(['q=10', '', 'q=95'].map(async (query) => (await transform(noisy, ask(query), format)).length))
    t.ok(low! < normal! && normal! < high!, format)
  }
  t.strictSame(await sharp(await transform(noisy, ask('q=10'), 'png')).raw().toBuffer(), await sharp(noisy).raw().toBuffer(), 'png loses nothing')
})

t.test('transparency is kept where a format has it', async (t) => {
  const clear = await sharp({ create: { width: 10, height: 10, channels: 4, background: '#00000000' } }).png().toBuffer()
  for (const format of ['png', 'webp', 'avif', 'gif'] as const) t.match(await sharp(await transform(clear, ask(), format)).metadata(), { hasAlpha: true }, format)
})

t.test('an image of more pixels than may be unpacked is refused before it is', async (t) => {
  const bomb = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: '#000' } }).png().toBuffer()
  t.ok(bomb.length < 1_000_000)
  await t.rejects(transform(bomb, ask('w=10'), 'jpeg'), { code: 'FST_NETLIFY_INVALID_IMAGE', statusCode: 400, message: /pixel limit/ })
  await t.rejects(transform(bomb, ask('w=10&h=10'), 'jpeg'), { code: 'FST_NETLIFY_INVALID_IMAGE', statusCode: 400 })
})

t.test('an image too large for a slow encoder is refused before it is read', async (t) => {
  const large = await sample('png', 7000, 5000)
  for (const format of ['avif', 'gif'] as const) {
    await t.rejects(transform(large, ask(), format), { code: 'FST_NETLIFY_INVALID_IMAGE', message: /more than 32000000 pixels; ask for fewer/ })
    t.ok(await transform(large, ask('w=100'), format))
  }
  await t.rejects(transform(await sample('png'), ask('w=6400&h=6000&fit=fill'), 'avif'), { code: 'FST_NETLIFY_INVALID_IMAGE' })
})

t.test('a blurhash tells colours and their places', async (t) => {
  const left = await sharp(await sample('png', 30, 60, '#ff0000')).extend({ right: 30, background: '#0000ff' }).png().toBuffer()
  const text = String(await transform(left, ask('fm=blurhash'), 'blurhash'))
  t.match(text, /^[\w#$%*+,\-.:;=?@[\]^{|}~]{28}$/)
  t.equal(text[0], 'L', 'four waves across, three down')
  const grey = String(await transform(await sample('jpeg', 40, 80, '#808080'), ask('fm=blurhash'), 'blurhash'))
  t.equal(grey[0], 'T', 'three waves across, four down')
  t.match(String(await transform(await sample('png', 20, 20, '#ffffff'), ask('fm=blurhash'), 'blurhash')), /^L.TSUA~qfQ~q~qoffQoffQfQfQfQ$/)
  t.equal(String(await transform(await sample('png', 20, 20, '#000000'), ask('fm=blurhash'), 'blurhash')), 'L00000fQfQfQfQfQfQfQfQfQfQfQ')
})

t.test('without ipx it says what to install', async (t) => {
  const missing = Object.assign(new Error('Cannot find package \'ipx\''), { code: 'ERR_MODULE_NOT_FOUND' })
  await t.rejects(loadTransform(async () => { throw missing }), { code: 'FST_NETLIFY_MISSING_PACKAGE', message: /npm install ipx$/, cause: missing })
})
