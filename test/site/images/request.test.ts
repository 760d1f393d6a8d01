import t from 'tap'
import { readImageRequest } from '../../../lib/site/images/request.ts'

t.test('the parameters of an image are read', async (t) => {
  t.strictSame(readImageRequest('?url=/owl.jpeg&w=50&h=40&fit=cover&position=left&fm=webp&q=80'), {
    url: '/owl.jpeg', width: 50, height: 40, fit: 'cover', position: 'left', format: 'webp', quality: 80
  })
})

t.test('only the source is required', async (t) => {
  t.strictSame(readImageRequest('url=a%26b.jpg'), { url: 'a&b.jpg', width: undefined, height: undefined, fit: 'contain', position: 'center', format: undefined, quality: 75 })
  for (const search of ['', '?', '?w=50', '?url=', '?url=&w=1', `?url=${'x'.repeat(4097)}`]) {
    t.throws(() => readImageRequest(search), { code: 'FST_NETLIFY_INVALID_IMAGE_REQUEST', statusCode: 400 }, search.slice(0, 20))
  }
})

t.test('what is left empty is not given', async (t) => {
  t.match(readImageRequest('?url=/a&w=&h=&fit=&fm=&q=&position='), { width: undefined, height: undefined, fit: 'contain', quality: 75 })
})

t.test('the long names of Netlify\'s emulators count, too', async (t) => {
  t.match(readImageRequest('?url=/a&width=5&height=6&quality=7'), { width: 5, height: 6, quality: 7 })
  t.match(readImageRequest('?url=/a&w=1&width=5'), { width: 1 })
})

t.test('formats have Netlify\'s names', async (t) => {
  const formats = ['avif', 'jpg', 'jpeg', 'png', 'webp', 'gif', 'blurhash'].map((name) => readImageRequest(`?url=/a&fm=${name}`).format)
  t.strictSame(formats, ['avif', 'jpeg', 'jpeg', 'png', 'webp', 'gif', 'blurhash'])
})

t.test('a bad value is a 404 that names the parameter', async (t) => {
  const bad = [
    'w=0', 'w=-1', 'w=1.5', 'w=1e3', 'w=0x10', 'w=abc', 'w=8193', 'w=99999999999999999999', 'h=8193', 'q=0', 'q=101', 'q=best',
    'fit=inside', 'fit=Cover', 'fm=tiff', 'fm=svg', 'fm=__proto__', 'fm=constructor', 'position=50%25', 'fit=fill&w=8000&h=8000'
  ]
  for (const query of bad) {
    t.throws(() => readImageRequest(`?url=/a&${query}`), { code: 'FST_NETLIFY_INVALID_IMAGE_PARAMETER', statusCode: 404, message: `"${query.split('=')[0]}"` }, query)
  }
  t.ok(readImageRequest('?url=/a&w=8192&h=8192'), 'an image that never grows may fit into any frame')
})
