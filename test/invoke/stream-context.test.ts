import t from 'tap'
import { createApp, listen } from '../helper.ts'

t.test('a stream that is made after the handler has returned sees its own call\'s Netlify.context', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/ids.mts': `
      export default async () => {
        let left = 4
        return new Response(new ReadableStream({
          async pull (controller) {
            await new Promise((resolve) => setImmediate(resolve))
            controller.enqueue(Netlify.context?.requestId + '\\n')
            if (--left === 0) controller.close()
          }
        }, { highWaterMark: 0 }))
      }`
  })
  const origin = await listen(app)

  const replies = await Promise.all(Array.from({ length: 20 }, async () => {
    const response = await fetch(`${origin}/.netlify/functions/ids`)
    return { id: response.headers.get('x-nf-request-id'), text: await response.text() }
  }))

  for (const { id, text } of replies) t.equal(text, `${id}\n`.repeat(4))
})
