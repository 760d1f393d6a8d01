import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'

const BY_NAME = '/.netlify/functions/'
const IN_ALL = { request: 'thread', threads: 1, memory: 64 } as const
/** Long enough for a machine that is busy with other things. */
const LIMITS = { timeout: 20_000 }

t.setTimeout(240_000)

/** What a function does that nobody can forgive, at once and after it has given control back, and what it costs. */
const FAULTS = {
  'loops for ever': { code: 'for (;;);', status: 504, reason: /beyond its time/ },
  'loops in microtasks': { code: 'const spin = () => queueMicrotask(spin); spin(); await new Promise(() => {})', status: 504, reason: /beyond its time/ },
  'uses up its heap': { code: 'const all = []; for (;;) all.push(new Array(10_000).fill(1))', status: 500, reason: /64 MB|memory/ },
  'takes a giant allocation': { code: 'globalThis.all = new Array(3e7).fill(1.5); await new Promise(() => {})', status: 500, reason: /64 MB|memory/ },
  'keeps too many buffers': { code: 'globalThis.all = []; for (;;) all.push(Buffer.alloc(1e6, 1))', status: 500, reason: /64 MB|memory/ },
  'calls process.exit': { code: 'process.exit(3)', status: 500, reason: /process\.exit/ },
  'calls process.exit and forbids it': { code: 'process.on("exit", () => { throw new Error("stay") }); try { process.exit(3) } catch {} return new Response("alive")', status: 500, reason: /process\.exit/ },
  'calls process.abort': { code: 'process.abort()', status: 500, reason: /process\.abort/ },
  'kills the process': { code: 'process.kill(process.pid, "SIGKILL")', status: 500, reason: /SIGKILL/ }
}

for (const [name, { code, status, reason }] of Object.entries(FAULTS)) {
  for (const [moment, before] of [['at once', ''], ['after an await', 'await new Promise((resolve) => setTimeout(resolve, 20));']] as const) {
    t.test(`a function that ${name} ${moment} costs its own thread and no other call`, async (t) => {
      const log = captureLog()
      const app = await createApp(t, {
        'netlify/functions/faulty.mjs': `export default async () => { ${before} ${code} }\nexport const config = { timeout: ${status === 504 ? 2 : 20} }`,
        'netlify/functions/waiting.mjs': 'import { threadId } from "node:worker_threads"\nexport default async (request, { log }) => { log("begun"); await new Promise((resolve) => setTimeout(resolve, 300)); return new Response("waited in " + threadId) }',
        'netlify/functions/hello.mjs': 'export default () => new Response("hello")'
      }, { isolation: IN_ALL, limits: LIMITS }, { logger: log.logger })
      const origin = await listen(app)
      t.equal(await (await fetch(`${origin}${BY_NAME}hello`)).text(), 'hello')

      const neighbour = fetch(`${origin}${BY_NAME}waiting`)
      await log.line(({ msg }) => msg === 'begun')
      const guilty = await fetch(`${origin}${BY_NAME}faulty`)
      t.equal(guilty.status, status)
      t.match(await guilty.json(), { code: status === 504 ? 'FST_NETLIFY_TIMEOUT' : 'FST_NETLIFY_THREAD_ENDED' })
      const answer = await neighbour
      t.equal(answer.status, 200)
      t.match(await answer.text(), /^waited in/)
      const line = await log.line(({ msg }) => msg?.startsWith('function "faulty" ended its thread'))
      t.match(line, { level: 50, function: 'faulty', requestId: guilty.headers.get('x-nf-request-id'), thread: /requests/, reason })
      t.equal(await (await fetch(`${origin}${BY_NAME}hello`)).text(), 'hello', 'in another thread')
    })
  }
}

t.test('a timer that a call has left behind and that loops costs its thread, not the calls that come', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/leaving.mjs': 'export default () => { setTimeout(() => { for (;;); }, 10); return new Response("left") }',
    'netlify/functions/hello.mjs': 'export default () => new Response("hello")'
  }, { isolation: IN_ALL, limits: LIMITS }, { logger: log.logger })
  const origin = await listen(app)
  const left = await fetch(`${origin}${BY_NAME}leaving`)
  t.equal(await left.text(), 'left')
  const line = log.line(({ msg }) => msg?.startsWith('function "leaving" ended its thread'))
  const progress = { isEnded: false, answers: new Set<string>() }
  line.then(() => { progress.isEnded = true })
  while (!progress.isEnded) progress.answers.add(await (await fetch(`${origin}${BY_NAME}hello`, { method: 'POST' })).text())
  t.same([...progress.answers], ['hello'])
  t.match(await line, { function: 'leaving', requestId: left.headers.get('x-nf-request-id') })
})
