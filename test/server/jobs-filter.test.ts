import t from 'tap'
import type { JobFilter } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createApp } from '../helper.ts'

const mail = 'export default () => {}'

t.test('a filter that no job can meet is an error that names the key and the rule', async (t) => {
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': mail }, { queue: memoryQueue() })
  const bad: ReadonlyArray<readonly [unknown, RegExp]> = [
    [null, /the filter must be an object/],
    ['failed', /the filter must be an object/],
    [{ id: 7 }, /"id" of the filter must be a text/],
    [{ function: ['mail-background'] }, /"function" of the filter must be the name of a function/],
    [{ state: 'done' }, /"state" of the filter must be one of "waiting", "running", "succeeded", "failed", "cancelled"/],
    [{ state: 'toString' }, /"state"/],
    [{ offset: -1 }, /"offset" of the filter must be a whole number from 0 on/],
    [{ offset: Infinity }, /"offset"/],
    [{ offset: '10' }, /"offset"/],
    [{ limit: 1.5 }, /"limit" of the filter must be a whole number from 0 on, or Infinity/],
    [{ limit: NaN }, /"limit"/],
    [{ states: 'failed' }, /the filter must have no "states", only id, function, state, offset, limit/],
    [JSON.parse('{ "__proto__": 1 }'), /no "__proto__"/]
  ]
  for (const [filter, message] of bad) {
    await t.rejects(app.netlifyFunctions.jobs.list(filter as JobFilter), { code: 'FST_NETLIFY_INVALID_JOB_FILTER', statusCode: 400, message })
  }
})

t.test('what is left out or undefined is not filtered by', async (t) => {
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': mail }, { queue: memoryQueue() })
  const { jobs, invoke } = app.netlifyFunctions
  await invoke('mail-background')
  const undefineds = { id: undefined, function: undefined, state: undefined, offset: undefined, limit: undefined } as unknown as JobFilter
  for (const filter of [undefined, {}, undefineds, { state: 'waiting', limit: Infinity }, { function: 'mail-background', offset: 0, limit: 1 }] as const) {
    t.equal((await jobs.list(filter)).length, 1)
  }
  for (const filter of [{ limit: 0 }, { offset: 1 }, { function: 'nobody' }, { state: 'failed' }] as const) {
    t.same(await jobs.list(filter), [])
  }
})
