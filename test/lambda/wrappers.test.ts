import t from 'tap'
import { createApp } from '../helper.ts'
import { createAppWithPackages } from '../packages.ts'

t.test('builder() runs under its own URL and under the default URL', async (t) => {
  const app = await createAppWithPackages(t, {
    'netlify/functions/page.mts': `
      import { builder, type Handler } from '@netlify/functions'
      const render: Handler = async ({ httpMethod, queryStringParameters, multiValueQueryStringParameters, rawQuery, rawUrl, path }) => ({
        statusCode: 200,
        ttl: 60,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ httpMethod, queryStringParameters, multiValueQueryStringParameters, rawQuery, rawUrl, path })
      })
      export const handler = builder(render)`,
    'netlify/functions/callback.cjs': `
      const { builder } = require('@netlify/functions')
      exports.handler = builder((event, context, callback) => { setImmediate(callback, null, { statusCode: 203, body: 'called back' }) })`
  })
  for (const path of ['/.netlify/builders/page/deeper', '/.netlify/functions/page/deeper']) {
    const response = await app.inject({ url: `${path}?a=1&a=2`, headers: { host: 'site.example' } })
    t.equal(response.statusCode, 200, path)
    t.strictSame(response.json(), {
      httpMethod: 'GET',
      queryStringParameters: {},
      multiValueQueryStringParameters: {},
      rawQuery: 'a=1&a=2',
      rawUrl: `http://site.example${path}?a=1&a=2`,
      path
    }, 'a builder does not see the query, as on Netlify')
    t.notOk(Object.keys(response.headers).some((name) => /ttl|metadata|builder/.test(name)), 'what builder() adds to the result stays inside')

    const post = await app.inject({ method: 'POST', url: path })
    t.match(post, { statusCode: 405, body: 'Method Not Allowed' }, path)
    t.equal((await app.inject({ method: 'HEAD', url: path })).statusCode, 200)
  }
  t.match(await app.inject('/.netlify/builders/callback'), { statusCode: 203, body: 'called back' })
})

t.test('schedule() leaves the handler as it is', async (t) => {
  const nightly = { isSame: false, runs: 0 }
  Object.assign(globalThis, { nightly })
  const app = await createAppWithPackages(t, {
    'netlify/functions/nightly.mts': `
      import { schedule, type Handler } from '@netlify/functions'
      const work: Handler = async () => {
        nightly.runs++
        return { statusCode: 200 }
      }
      export const handler = schedule('@daily', work)
      nightly.isSame = handler === work`
  })
  t.strictSame(nightly, { isSame: true, runs: 0 })
  await app.netlifyFunctions.invoke('nightly')
  t.strictSame(nightly, { isSame: true, runs: 1 })
})

t.test('withLambda() of @netlify/aws-lambda-compat runs a Lambda handler as a default export', async (t) => {
  const app = await createAppWithPackages(t, {
    'netlify/functions/wrapped.mts': `
      import { withLambda } from '@netlify/aws-lambda-compat'
      export default withLambda(async (event, context) => ({
        statusCode: 201,
        headers: { 'x-request': context.awsRequestId },
        multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] },
        isBase64Encoded: true,
        body: Buffer.from(JSON.stringify({ method: event.httpMethod, path: event.path, query: event.queryStringParameters, body: event.body })).toString('base64')
      }))
      export const config = { path: '/orders/:id', method: 'POST' }`
  })
  const response = await app.inject({ method: 'POST', url: '/orders/7?a=1', headers: { 'content-type': 'text/plain' }, payload: 'hällo' })
  t.equal(response.statusCode, 201)
  t.strictSame(response.json(), { method: 'POST', path: '/orders/7', query: { a: '1' }, body: 'hällo' })
  t.strictSame(response.headers['set-cookie'], ['a=1', 'b=2'])
  t.equal(response.headers['x-request'], response.headers['x-nf-request-id'])
})

t.test('an event has every field of Netlify and a context too', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/fields.mts': `
      import type { Handler } from '@netlify/functions'
      export const handler: Handler = async (event, context) => {
        const first = context.getRemainingTimeInMillis()
        let second = first
        while (second === first) {
          await new Promise((resolve) => setImmediate(resolve))
          second = context.getRemainingTimeInMillis()
        }
        return { statusCode: 200, body: JSON.stringify({ event, context, first, second, names: Object.keys(context).sort(), eventNames: Object.keys(event).sort() }) }
      }`
  }, { limits: { timeout: 5_000 } })
  const response = await app.inject({
    method: 'PUT', url: '/.netlify/functions/fields/x?a=1&b=2&a=%C3%A9', headers: { host: 'site.example', 'content-type': 'application/json', accept: 'a, b' }, payload: '{"a":1}'
  })
  const { event, context, first, second, names, eventNames } = response.json()
  t.strictSame(eventNames, ['body', 'headers', 'httpMethod', 'isBase64Encoded', 'multiValueHeaders', 'multiValueQueryStringParameters', 'path', 'queryStringParameters', 'rawQuery', 'rawUrl', 'route'])
  t.match(event, {
    rawUrl: 'http://site.example/.netlify/functions/fields/x?a=1&b=2&a=%C3%A9',
    rawQuery: 'a=1&b=2&a=%C3%A9',
    path: '/.netlify/functions/fields/x',
    httpMethod: 'PUT',
    headers: { accept: 'a, b', 'content-type': 'application/json', host: 'site.example' },
    multiValueHeaders: { accept: ['a, b'], 'content-type': ['application/json'] },
    queryStringParameters: { a: '1, é', b: '2' },
    multiValueQueryStringParameters: { a: ['1', 'é'], b: ['2'] },
    body: '{"a":1}',
    isBase64Encoded: false
  })
  t.strictSame(names, [
    'awsRequestId', 'callbackWaitsForEmptyEventLoop', 'clientContext', 'done', 'fail', 'functionName', 'functionVersion', 'getRemainingTimeInMillis', 'identity',
    'invokedFunctionArn', 'logGroupName', 'logStreamName', 'memoryLimitInMB', 'succeed'
  ])
  t.match(context, { functionName: 'fields', awsRequestId: response.headers['x-nf-request-id'], callbackWaitsForEmptyEventLoop: false, identity: null, clientContext: {} })
  t.ok(first <= 5_000 && first > 4_000, `${first} ms of 5,000 were left`)
  t.ok(second < first, `then ${second} ms`)
})

t.test('done, succeed and fail end a call', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/ending.cjs': `
      exports.handler = (event, context) => {
        const { how } = event.queryStringParameters
        const result = { statusCode: 200, body: how }
        if (how === 'done') context.done(null, result)
        if (how === 'succeed') setImmediate(context.succeed, result)
        if (how === 'fail') setImmediate(context.fail, new Error('given to fail'))
        if (how === 'done with an error') context.done(new Error('given to done'))
      }`
  })
  const call = async (how: string) => await app.inject({ url: '/.netlify/functions/ending', query: { how } })
  t.match(await call('done'), { statusCode: 200, body: 'done' })
  t.match(await call('succeed'), { statusCode: 200, body: 'succeed' })
  t.match((await call('fail')).json(), { statusCode: 500, code: 'FST_NETLIFY_FUNCTION_FAILED', message: /given to fail/ })
  t.match((await call('done with an error')).json(), { statusCode: 500, code: 'FST_NETLIFY_FUNCTION_FAILED', message: /given to done/ })
})
