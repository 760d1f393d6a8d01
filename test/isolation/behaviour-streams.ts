import { once } from 'node:events'
import * as http from 'node:http'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { IsolationMode } from '../../lib/functions/definition.ts'
import { captureLog, listen } from '../helper.ts'
import { BY_NAME, createIn } from './mode.ts'

/** As `testBehaviour`, of what takes its time: aborts, and streams both ways. */
export async function testStreams (t: Test, isolation: IsolationMode): Promise<void> {
  const create = createIn(isolation)

  await t.test('the time limit and a client that leaves abort the call', async (t) => {
    const log = captureLog()
    const app = await create(t, {
      'waiting.mjs': `export default async ({ signal, url }, context) => {
        context.log('begun')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        context.log(\`aborted by \${signal.reason.code}\`)
      }
      export const config = { timeout: 1 }`
    }, {}, log)
    const origin = await listen(app)
    t.match(await (await fetch(`${origin}${BY_NAME}waiting`)).json(), { statusCode: 504, code: 'FST_NETLIFY_TIMEOUT' })
    await log.line(({ msg }) => msg === 'aborted by FST_NETLIFY_TIMEOUT')
    log.lines.length = 0
    const request = http.get(`${origin}${BY_NAME}waiting`).on('error', () => {})
    await log.line(({ msg }) => msg === 'begun')
    request.destroy()
    t.ok(await log.line(({ msg }) => msg === 'aborted by FST_NETLIFY_CLIENT_LEFT'))
  })

  await t.test('a reply streams as it is made, no faster than it is read, and stops with its reader', async (t) => {
    const log = captureLog()
    const app = await create(t, {
      'endless.mjs': `export default (request, context) => {
        let pulls = 0
        let timer
        return new Response(new ReadableStream({
          async pull (controller) {
            await null
            pulls++
            clearTimeout(timer)
            timer = setTimeout(() => context.log('stalled'), 100)
            controller.enqueue(new Uint8Array(64 * 1024).fill(Netlify.context === context ? 1 : 2))
          },
          cancel () { context.log(\`cancelled after \${pulls}\`) }
        }))
      }`,
      'steps.mjs': `export default () => new Response(new ReadableStream({
        async start (controller) {
          for (const step of ['one', 'two', 'three']) {
            controller.enqueue(step + ' ')
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
          controller.close()
        }
      }))`,
      'breaking.mjs': `export default () => new Response(new ReadableStream({
        async pull (controller) {
          controller.enqueue('some')
          await new Promise((resolve) => setTimeout(resolve, 5))
          throw new Error('broken')
        }
      }))`
    }, { limits: { streamedBody: Infinity } }, log)
    const origin = await listen(app)
    t.equal(await (await fetch(`${origin}${BY_NAME}steps`)).text(), 'one two three ')
    await t.rejects(async () => await (await fetch(`${origin}${BY_NAME}breaking`)).text(), 'a broken body never passes for a whole one')
    const request = http.get(`${origin}${BY_NAME}endless`)
    const [response] = await once(request, 'response') as [http.IncomingMessage]
    const [first] = await once(response, 'data') as [Buffer]
    t.equal(first[0], 1, 'the producer sees its own context')
    response.pause()
    await log.line(({ msg }) => msg === 'stalled')
    request.destroy()
    const { msg } = await log.line(({ msg }) => msg?.startsWith('cancelled'))
    t.ok(Number(msg.split(' ').at(-1)) < 300, `${msg} chunks`)
  })

  await t.test('an upload streams to the function, which may leave it unread', async (t) => {
    const app = await create(t, {
      'reading.mjs': `export default async (request) => {
        let size = 0
        for await (const chunk of request.body) size += chunk.length
        return new Response(String(size))
      }`,
      'ignoring.mjs': 'export default () => new Response("not read")'
    }, { limits: { requestBody: Infinity } })
    const origin = await listen(app)
    const upload = async (name: string): Promise<string> => {
      const request = http.request(`${origin}${BY_NAME}${name}`, { method: 'POST' })
      const responded = once(request, 'response') as Promise<[http.IncomingMessage]>
      for (let chunk = 0; chunk < 40; chunk++) {
        if (!request.write(Buffer.alloc(50_000, chunk))) await once(request, 'drain')
      }
      request.end()
      return await text((await responded)[0])
    }
    t.equal(await upload('reading'), String(40 * 50_000))
    t.equal(await upload('ignoring'), 'not read')
  })
}
