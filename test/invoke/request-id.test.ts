import t from 'tap'
import { createRequestId } from '../../lib/invoke/request-id.ts'
import { captureLog, createApp } from '../helper.ts'

t.test('a request id is a ULID: its time first, in an alphabet that sorts', async (t) => {
  const before = Date.now()
  const id = createRequestId()
  const after = Date.now()
  t.match(id, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
  const time = timeOf(id)
  t.ok(time >= before && time <= after, `${before} <= ${time} <= ${after}`)
})

t.test('request ids are unique, within a millisecond too', async (t) => {
  const ids = Array.from({ length: 100_000 }, createRequestId)
  t.equal(new Set(ids).size, ids.length)
  const times = ids.map((id) => id.slice(0, 10))
  t.same(times, times.toSorted(), 'and never go back in time')
})

t.test('the request id of the context is that of the reply', async (t) => {
  const app = await createApp(t, { 'netlify/functions/id.mjs': 'export default (request, context) => new Response(context.requestId)' })
  const replies = await Promise.all(Array.from({ length: 10 }, async () => await app.inject('/.netlify/functions/id')))
  for (const { body, headers } of replies) t.equal(body, headers['x-nf-request-id'])
  t.equal(new Set(replies.map(({ body }) => body)).size, 10)
  t.match((await app.inject('/.netlify/functions/none')).statusCode, 404)
})

t.test('the log lines of a call have the request id of its reply', async (t) => {
  const { logger, line, lines } = captureLog('info')
  const app = await createApp(t, {
    'netlify/functions/said.mjs': 'export default (request, context) => { context.log("said") }',
    'netlify/functions/failed.mjs': 'export default () => { throw new Error("broken") }'
  }, {}, { logger })

  for (const [name, messages] of Object.entries({ said: ['said', 'request completed'], failed: [/broken/, 'request completed'] })) {
    lines.length = 0
    const { headers } = await app.inject(`/.netlify/functions/${name}`)
    for (const message of messages) {
      const { requestId } = await line(({ msg }) => typeof message === 'string' ? msg === message : message.test(msg))
      t.equal(requestId, headers['x-nf-request-id'], String(message))
    }
  }
})

function timeOf (id: string): number {
  return [...id.slice(0, 10)].reduce((time, character) => time * 32 + '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(character), 0)
}
