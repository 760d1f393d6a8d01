import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { beginLook, endLook, keepFromLooks, looking } from '../../lib/invoke/threads/thread-ends.ts'

const THREADS = JSON.stringify(new URL('../../lib/invoke/threads/', import.meta.url).href)

/** Ends the process, or the thread, at the very moment in which a look has halted the thread. */
const program = (ending: string): string => `
  import { Session } from 'node:inspector'
  import { once } from 'node:events'
  import { Worker } from 'node:worker_threads'
  const { findHolder } = await import(${THREADS} + 'find-holder.ts')
  const { post } = Session.prototype
  Session.prototype.post = function (method, params) {
    if (params?.message?.includes('Runtime.evaluate')) { ${ending} }
    return post.call(this, method, params)
  }
  const worker = new Worker('const { parentPort } = require("node:worker_threads"); parentPort.postMessage("up"); for (;;);', { eval: true, execArgv: [] })
  worker.on('error', () => {})
  await once(worker, 'message')
  await findHolder(worker.threadId, false)
  await worker.terminate()
  process.exitCode = 3`

for (const [title, ending] of [
  ['a process ends although a thread is halted', 'process.exit(3)'],
  ['a thread can be ended although nothing comes of the look into it', 'return']
] as const) {
  t.test(title, async (t) => {
    const { code, signal } = await run(program(ending))
    t.equal(signal, null, 'nobody had to kill it')
    t.equal(code, 3)
  })
}

t.test('a process lives on although threads are ended while they are looked into', async (t) => {
  for (const message of ['Debugger.pause', 'Runtime.evaluate', 'Debugger.resume']) {
    const { code, signal } = await run(endingProgram(message))
    t.equal(signal, null, message)
    t.equal(code, 3, message)
  }
})

t.test('a thread that ends by itself and a look wait for each other', async (t) => {
  const words = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(`
    const { workerData: { words, looking }, parentPort } = require('node:worker_threads')
    import(${THREADS} + 'thread-ends.ts').then(({ awaitLook }) => {
      parentPort.postMessage('waiting')
      awaitLook(looking)
      Atomics.store(words, 1, 1)
      Atomics.notify(words, 1)
      Atomics.wait(words, 0, 0)
    })`, { eval: true, execArgv: [], workerData: { words, looking } })
  let isLeaving = false
  keepFromLooks(worker, () => isLeaving)
  t.equal(await beginLook(() => {}), true)
  await once(worker, 'message')
  t.equal(Atomics.wait(words, 1, 0, 50), 'timed-out', 'the thread waits for the look')
  isLeaving = true
  endLook()
  t.not(Atomics.wait(words, 1, 0, 10_000), 'timed-out', 'the thread goes on')
  const gone = once(worker, 'exit')
  const order: string[] = []
  const begun = beginLook(() => {}).then((isBegun) => order.push(`begun: ${isBegun}`))
  gone.then(() => order.push('gone'))
  await setImmediate()
  t.same(order, [], 'the look waits for the thread')
  Atomics.store(words, 0, 1)
  Atomics.notify(words, 0)
  await begun
  t.same(order, ['gone', 'begun: true'])
  endLook()
})

/** Ends thread after thread shortly after this message of the look has left. */
function endingProgram (message: string): string {
  return `
    import { Session } from 'node:inspector'
    import { once } from 'node:events'
    import { setTimeout as delay } from 'node:timers/promises'
    import { Worker } from 'node:worker_threads'
    const { findHolder } = await import(${THREADS} + 'find-holder.ts')
    const { endThread } = await import(${THREADS} + 'thread-ends.ts')
    const { post } = Session.prototype
    let worker
    Session.prototype.post = function (method, params, ...rest) {
      post.call(this, method, params, ...rest)
      if (params?.message?.includes(${JSON.stringify(message)})) delay(Math.random() * 3, worker).then(endThread)
    }
    for (let round = 0; round < 20; round++) {
      worker = new Worker('const { parentPort } = require("node:worker_threads"); parentPort.postMessage("up"); for (;;);', { eval: true, execArgv: [] })
      await once(worker, 'message')
      const gone = once(worker, 'exit')
      await findHolder(worker.threadId, false)
      await gone
    }
    process.exitCode = 3`
}

async function run (source: string): Promise<{ code: unknown, signal: unknown }> {
  return await new Promise((resolve) => {
    const options = { timeout: 15_000, killSignal: 'SIGKILL' } as const
    execFile(process.execPath, ['--input-type=module', '--eval', source], options, (error) => resolve({ code: error?.code ?? 0, signal: error?.signal ?? null }))
  })
}
