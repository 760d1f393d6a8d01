import { inspect } from 'node:util'
import t from 'tap'
import { FST_NETLIFY_TIMEOUT } from '../../lib/errors.ts'
import { packError, unpackError } from '../../lib/invoke/threads/portable-error.ts'

const carry = (thrown: unknown): Error => unpackError(JSON.parse(JSON.stringify(packError(thrown))))

t.test('an error with a code of ours stays one of its class', async (t) => {
  const error = new FST_NETLIFY_TIMEOUT('hello', '10', { cause: new RangeError('deep') })
  const carried = carry(error)
  t.ok(carried instanceof FST_NETLIFY_TIMEOUT)
  t.match(carried, { code: error.code, statusCode: 504, message: error.message, stack: error.stack })
  t.ok(carried.cause instanceof RangeError)
  t.match(inspect(carried), 'deep')
})

t.test('an error of the user\'s keeps its name, its class where the language has it, and what can be told of the rest', async (t) => {
  const error = Object.assign(new TypeError('bad'), { code: 'EBAD', detail: { at: new Date(0) }, big: 1n, method () {} })
  error.name = 'OwnError'
  const carried = carry(error)
  t.ok(carried instanceof TypeError)
  t.match(carried, { name: 'OwnError', message: 'bad', code: 'EBAD', detail: { at: '1970-01-01T00:00:00.000Z' }, big: '1n' })
  t.notOk('method' in carried)
})

t.test('whatever is thrown can be carried', async (t) => {
  const circular = new Error('round')
  circular.cause = circular
  const getters = Object.defineProperty(new Error('getter'), 'bad', { enumerable: true, get () { throw new Error('hands off') } })
  const hostile = new Proxy({}, { get () { throw new Error() }, ownKeys () { throw new Error() }, getPrototypeOf () { throw new Error() } })
  for (const thrown of [undefined, null, 'text', 1n, Symbol('s'), () => {}, circular, getters, hostile, new DOMException('gone', 'AbortError'), Object.create(null)]) {
    t.ok(carry(thrown) instanceof Error)
  }
  t.equal(carry(new DOMException('gone', 'AbortError')).name, 'AbortError')
  t.match(carry('text').message, 'text')
})
