import { execFile } from 'node:child_process'
import t from 'tap'

/** Ends the process, or the thread, at the very moment in which a look has halted the thread. */
const program = (ending: string): string => `
  import { Session } from 'node:inspector'
  import { once } from 'node:events'
  import { Worker } from 'node:worker_threads'
  import { findHolder } from ${JSON.stringify(new URL('../../lib/invoke/threads/find-holder.ts', import.meta.url).href)}
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

async function run (source: string): Promise<{ code: unknown, signal: unknown }> {
  return await new Promise((resolve) => {
    const options = { timeout: 15_000, killSignal: 'SIGKILL' } as const
    execFile(process.execPath, ['--input-type=module', '--eval', source], options, (error) => resolve({ code: error?.code ?? 0, signal: error?.signal ?? null }))
  })
}
