import { EventEmitter, once } from 'node:events'
import { setImmediate as everythingDue } from 'node:timers/promises'
import t from 'tap'
import { createApp } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const files = {
  'netlify/functions/pulled.mjs': `
    export default () => new Response(new ReadableStream({
      async pull (controller) {
        await new Promise(setImmediate)
        controller.enqueue(Netlify.context?.requestId ?? 'no context')
        controller.close()
      }
    }, { highWaterMark: 0 }))`,
  'netlify/functions/endless.mjs': `
    export default () => new Response(new ReadableStream({
      start: (controller) => { controller.enqueue('first') },
      cancel: () => { probe.emit('cancelled') }
    }))
    export const config = { timeout: 0.1 }`
}

t.test('the stream that invoke() gives is made inside its call', async (t) => {
  const app = await createApp(t, files)
  t.match(await (await app.netlifyFunctions.invoke('pulled')).text(), /^[0-9A-Z]{26}$/)
})

t.test('it counts as running until it has ended, and has the time of the call', async (t) => {
  const app = await createApp(t, files, { limits: { concurrency: 1 } })
  const { invoke } = app.netlifyFunctions
  const cancelled = once(probe, 'cancelled')
  const response = await invoke('endless')
  await t.rejects(invoke('endless'), { code: 'FST_NETLIFY_TOO_MANY_INVOCATIONS' })
  await t.rejects(response.text(), { code: 'FST_NETLIFY_TIMEOUT' })
  await cancelled
  await everythingDue()
  const next = await invoke('pulled')
  await next.text()
  await everythingDue()
  await (await invoke('endless')).body?.cancel()
  await everythingDue()
  t.equal((await invoke('pulled')).status, 200, 'one that is cancelled holds no place')
})
