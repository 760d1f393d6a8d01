import t from 'tap'
import { createApp, listen } from '../helper.ts'

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

t.test('a stream that fails with what cannot be read breaks its own transfer and nothing else', async (t) => {
  const reasons = {
    'an object without a prototype': 'Object.create(null)',
    'an object whose members throw': 'new Proxy({}, { get () { throw new Error("hands off") } })',
    'an error whose code throws': 'Object.defineProperty(new Error("x"), "code", { get () { throw new Error("hands off") } })',
    'a symbol': 'Symbol("x")'
  }
  for (const [name, reason] of Object.entries(reasons)) {
    t.test(name, { timeout: 5_000 }, async (t) => {
      const app = await createApp(t, {
        'netlify/functions/late.mjs': `export default () => {
          let count = 0
          return new Response(new ReadableStream({ async pull (controller) {
            await new Promise((resolve) => setImmediate(resolve))
            if (count++ === 0) controller.enqueue('first')
            else controller.error(${reason})
          } }, { highWaterMark: 0 }))
        }`,
        'netlify/functions/early.mjs': `export default () => new Response(new ReadableStream({ start (controller) { controller.error(${reason}) } }))`
      })
      const origin = await listen(app)
      const late = await fetch(`${origin}/.netlify/functions/late`)
      await t.rejects(late.text())
      t.equal((await fetch(`${origin}/.netlify/functions/early`)).status, 500)
      t.same(unhandled, [])
    })
  }
})
