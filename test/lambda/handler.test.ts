import { once } from 'node:events'
import t from 'tap'
import { lambdaEvent } from '../../lib/lambda/event.ts'
import { callLambdaHandler } from '../../lib/lambda/handler.ts'
import { lambdaContext, type LambdaCallback, type LambdaContext, type LambdaEndings } from '../../lib/lambda/context.ts'

const event = lambdaEvent({ method: 'GET', url: 'http://h/', headers: {}, body: null }, undefined)
const result = { statusCode: 200 }

type Handler = (event: unknown, context: LambdaContext & LambdaEndings, callback: LambdaCallback) => unknown

function run (handler: Function, signal?: AbortSignal): Promise<unknown> {
  return callLambdaHandler(handler, event, lambdaContext('hello', 'id', Infinity), signal)
}

function typed (handler: Handler): Handler {
  return handler
}

t.test('a handler gets event, context and callback', async (t) => {
  const seen = await run(typed(async (...args) => args))
  t.equal((seen as unknown[])[0], event)
  t.match(seen, [event, { functionName: 'hello', awsRequestId: 'id' }, Function])
})

t.test('a result is what the first end of the call says', async (t) => {
  const cases: Array<[title: string, handler: Handler]> = [
    ['async function', async () => result],
    ['promise', () => Promise.resolve(result)],
    ['thenable', () => ({ then (resolve: (value: unknown) => void) { resolve(result) } })],
    ['callable thenable', () => Object.assign(() => {}, { then (resolve: (value: unknown) => void) { resolve(result) } })],
    ['callback at once', (_event, _context, callback) => { callback(null, result) }],
    ['callback later', (_event, _context, callback) => { setImmediate(callback, null, result) }],
    ['callback later, from an expression', (_event, _context, callback) => setImmediate(callback, null, result)],
    ['callback with an undefined error', (_event, _context, callback) => { callback(undefined, result) }],
    ['callback in an async function', async (_event, _context, callback) => { callback(null, result) }],
    ['callback before a promise', async (_event, _context, callback) => {
      setImmediate(callback, null, result)
      await new Promise(() => {})
    }],
    ['callback before a return value', (_event, _context, callback) => {
      callback(null, result)
      return { statusCode: 500 }
    }],
    ['callback twice', (_event, _context, callback) => {
      callback(null, result)
      callback(null, { statusCode: 500 })
      callback(new Error('late'))
    }],
    ['callback, then a throw', (_event, _context, callback) => {
      callback(null, result)
      throw new Error('late')
    }],
    ['callback, then a rejection', async (_event, _context, callback) => {
      callback(null, result)
      throw new Error('late')
    }],
    ['callback with a promise', (_event, _context, callback) => { callback(null, Promise.resolve(result)) }],
    ['context.succeed', (_event, context) => { context.succeed(result) }],
    ['context.done', (_event, context) => { setImmediate(context.done, null, result) }]
  ]
  for (const [title, handler] of cases) t.equal(await run(handler), result, title)
})

t.test('a callback after the end of the call is ignored', async (t) => {
  let late: LambdaCallback = () => {}
  t.equal(await run(typed(async (_event, _context, callback) => {
    late = callback
    return result
  })), result)
  t.doesNotThrow(() => late(new Error('late')))
})

t.test('a result that is not there is left to whoever needs one', async (t) => {
  const cases: Array<[title: string, handler: Function, value: unknown]> = [
    ['resolves undefined', async () => {}, undefined],
    ['resolves null', async () => null, null],
    ['calls back with nothing', typed((_event, _context, callback) => { callback() }), undefined],
    ['returns an object', () => result, null],
    ['returns an object, takes a context', (_event: unknown, _context: unknown) => result, null],
    ['returns a result, takes a callback', typed((_event, _context, _callback) => result), null],
    ['returns a string', () => 'text', null],
    ['returns null', () => null, null],
    ['returns false', () => false, null],
    ['returns an object whose then is no function', () => ({ then: 1 }), null]
  ]
  for (const [title, handler, value] of cases) t.equal(await run(handler), value, title)
})

t.test('an Error fails the call as it is', async (t) => {
  class Teapot extends TypeError {}
  const failure = new Teapot('boom')
  const cases: Array<[title: string, handler: Handler]> = [
    ['throw', () => { throw failure }],
    ['rejection', async () => { throw failure }],
    ['callback(error)', (_event, _context, callback) => { callback(failure, result) }],
    ['callback(error), then a throw', (_event, _context, callback) => {
      callback(failure)
      throw new Error('late')
    }],
    ['context.fail', (_event, context) => { context.fail(failure) }],
    ['rejecting thenable', () => ({ then (_resolve: unknown, reject: (error: unknown) => void) { reject(failure) } })],
    ['throwing then', () => ({ then () { throw failure } })],
    ['throwing getter of then', () => Object.defineProperty({}, 'then', { get () { throw failure } })],
    ['callback with a value whose then throws', (_event, _context, callback) => {
      callback(null, Object.defineProperty({}, 'then', { get () { throw failure } }))
    }]
  ]
  for (const [title, handler] of cases) {
    t.equal(await run(handler).catch((error: unknown) => error), failure, title)
  }
})

t.test('anything else that is thrown becomes an Error', async (t) => {
  const hostile = new Proxy({}, { get () { throw new Error('trap') }, getPrototypeOf () { throw new Error('trap') } })
  const { proxy: revoked, revoke } = Proxy.revocable({}, {})
  revoke()
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const cases: Array<[title: string, thrown: unknown, shown: string]> = [
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a string', 'boom', '\'boom\''],
    ['an empty string', '', '\'\''],
    ['a number', 0, '0'],
    ['a BigInt', 1n, '1n'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object', { status: 1 }, '{ status: 1 }'],
    ['a cyclic object', cyclic, '[Circular *1]'],
    ['a function', run, '[Function: run]'],
    ['a Proxy', hostile, '{}'],
    ['a revoked Proxy', revoked, '<Revoked Proxy>'],
    ['a throwing inspector', { [Symbol.for('nodejs.util.inspect.custom')] () { throw new Error('trap') } }, 'cannot be shown'],
    ['a throwing tag', Object.defineProperty({}, Symbol.toStringTag, { get () { throw new Error('trap') } }), ''],
    ['an Error without a readable message', Object.defineProperty(new Error('x'), 'message', { get () { throw new Error('trap') } }), ''],
    ['an Error whose message is an object', Object.defineProperty(new Error('x'), 'message', { value: {} }), ''],
    ['an Error whose stack is an object', Object.assign(new Error('x'), { stack: {} }), '']
  ]
  for (const [title, thrown, shown] of cases) {
    for (const handler of [() => { throw thrown }, async () => { throw thrown }, (_event: unknown, context: LambdaEndings) => context.fail(thrown)]) {
      const error: unknown = await run(handler).then(() => 'no error', (reason: unknown) => reason)
      t.ok(error instanceof Error, title)
      t.match(error, { name: 'Error', message: / was thrown, which is not an Error$/, stack: String }, title)
      t.ok((error as Error).message.includes(shown), `${title}: ${(error as Error).message}`)
    }
  }
})

t.test('a large value that is thrown makes a short message', async (t) => {
  const error: unknown = await run(async () => { throw 'x'.repeat(1e6) }).catch((reason: unknown) => reason)
  t.ok((error as Error).message.length < 2000)
})

t.test('a signal ends the call with its reason and leaves no listener', async (t) => {
  const controller = new AbortController()
  const { signal } = controller
  t.equal(await run(async () => result, signal), result)

  const reason = new Error('time is up')
  let callback: LambdaCallback = () => {}
  const running = run(typed((_event, _context, last) => { callback = last }), signal)
  const aborted = once(signal, 'abort')
  controller.abort(reason)
  await aborted
  callback(null, result)
  t.equal(await running.catch((error: unknown) => error), reason)

  let called = false
  t.equal(await run(() => { called = true }, signal).catch((error: unknown) => error), reason)
  t.notOk(called, 'a call that is over before it starts does not start')
})

t.test('no listener stays on a signal that many calls share', async (t) => {
  const { signal } = new AbortController()
  let listeners = 0
  t.intercept(signal, 'addEventListener', { value: () => { listeners++ } })
  t.intercept(signal, 'removeEventListener', { value: () => { listeners-- } })
  await run(async () => result, signal)
  await run(async () => { throw new Error('boom') }, signal).catch(() => {})
  t.equal(listeners, 0)
})
