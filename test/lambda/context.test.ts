import type { HandlerContext } from '@netlify/functions'
import t from 'tap'
import { lambdaContext, lambdaEndings, type LambdaContext, type LambdaEndings } from '../../lib/lambda/context.ts'

function contextUntil (deadline: number): LambdaContext {
  return lambdaContext('hello', '01HREQUEST', deadline)
}

t.test('a context tells the function who it is', async (t) => {
  const context = contextUntil(Infinity)
  const asTyped: Omit<HandlerContext, 'identity'> = { ...context, ...lambdaEndings(() => {}, () => {}) }
  t.match(asTyped, {
    callbackWaitsForEmptyEventLoop: false,
    functionName: 'hello',
    functionVersion: '1.0',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:hello:1.0',
    memoryLimitInMB: '1024',
    awsRequestId: '01HREQUEST',
    logGroupName: '/aws/lambda/hello',
    logStreamName: '01HREQUEST',
    identity: null
  })
  t.strictSame(context.clientContext, {})
})

t.test('each call has a client context of its own', async (t) => {
  contextUntil(Infinity).clientContext.user = 'somebody'
  t.strictSame(contextUntil(Infinity).clientContext, {})
})

t.test('the remaining time counts down to the deadline', async (t) => {
  t.teardown(t.intercept(Date, 'now', { value: () => now }).restore)
  let now = 1_000_000
  const { getRemainingTimeInMillis } = contextUntil(1_010_000)
  const seen = [0, 4_000, 5_999, 1, 60_000].map((elapsed) => {
    now += elapsed
    return getRemainingTimeInMillis()
  })
  t.strictSame(seen, [10_000, 6_000, 1, 0, 0])
})

t.test('without a deadline the remaining time is the longest that setTimeout takes', async (t) => {
  t.equal(contextUntil(Infinity).getRemainingTimeInMillis(), 2 ** 31 - 1)
})

t.test('done, fail and succeed end the call, also detached from the context', async (t) => {
  const failure = new Error('boom')
  const cases: Array<[title: string, end: (endings: LambdaEndings) => void, how: 'resolve' | 'reject', value: unknown]> = [
    ['done(null, result)', ({ done }) => done(null, 'r'), 'resolve', 'r'],
    ['done(undefined, result)', ({ done }) => done(undefined, 'r'), 'resolve', 'r'],
    ['done()', ({ done }) => done(), 'resolve', undefined],
    ['done(error)', ({ done }) => done(failure, 'r'), 'reject', failure],
    ['done(\'\')', ({ done }) => done(''), 'reject', ''],
    ['fail(error)', ({ fail }) => fail(failure), 'reject', failure],
    ['fail()', ({ fail }) => fail(), 'reject', undefined],
    ['succeed(result)', ({ succeed }) => succeed('r'), 'resolve', 'r']
  ]
  for (const [title, end, how, value] of cases) {
    const seen: Array<[string, unknown]> = []
    end(lambdaEndings((result) => seen.push(['resolve', result]), (error) => seen.push(['reject', error])))
    t.strictSame(seen, [[how, value]], title)
    t.equal(seen[0]?.[1], value, `${title}: the very value`)
  }
})
