import { EventEmitter, once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { mock } from 'node:test'
import t from 'tap'
import { listen, stopTime } from '../helper.ts'
import { counting, saying, serveSite } from './site.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const functions = 'netlify/functions'
const byName = '/.netlify/functions'

t.test('variables of an `envFile` are read again, also by modules that read them when they are loaded', async (t) => {
  const { app, write, get } = await serveSite(t, {
    '.env': 'GREETING=hello\nGONE=yes',
    [`${functions}/env.mjs`]: `const early = process.env.GREETING
      export default () => Response.json([early, process.env.GREETING, Netlify.env.get('GREETING'), process.env.GONE ?? null])`,
    [`${functions}/early.cjs`]: 'const early = process.env.GREETING\nexports.default = () => new Response(early)'
  }, { envFile: '.env' })
  t.equal(await get(`${byName}/env`), '["hello","hello","hello","yes"]')
  await write({ '.env': 'GREETING=good evening' })
  await app.netlifyFunctions.reload()
  t.equal(await get(`${byName}/env`), '["good evening","good evening","good evening",null]')
  t.equal(await get(`${byName}/early`), 'good evening')

  await write({ '.env': 'GREETING=never' })
  await app.netlifyFunctions.reload({ check () { throw new Error('no') } }).catch(() => {})
  t.equal(await get(`${byName}/env`), '["good evening","good evening","good evening",null]')
  t.equal(process.env.GREETING, 'good evening')

  await write({ '.env': 'GREETING=hello\nGONE=yes' })
  await app.netlifyFunctions.reload()
  t.equal(await get(`${byName}/env`), '["hello","hello","hello","yes"]')
  await app.close()
  t.equal(process.env.GREETING, undefined)
})

t.test('the first background function opens the queue, and its jobs run', async (t) => {
  const { root, app, write } = await serveSite(t, { [`${functions}/hello.mjs`]: saying('hello') })
  const origin = await listen(app)
  const queues = async (): Promise<string[]> => (await readdir(join(root, '.netlify'))).filter((file) => file.endsWith('.sqlite'))
  t.same(await queues(), [])
  await write({ [`${functions}/late-background.mjs`]: 'export default () => { probe.emit("ran") }' })
  await app.netlifyFunctions.reload()
  t.same(await queues(), ['background.sqlite'])
  const ran = once(probe, 'ran')
  t.equal((await fetch(`${origin}${byName}/late-background`, { method: 'POST' })).status, 202)
  await ran
  t.equal((await app.netlifyFunctions.jobs.list()).length, 1)
})

t.test('a job runs the new version under the deploy it was queued under', async (t) => {
  const job = (version: string): string => `export default (request, { deploy }) => { probe.emit("ran", "${version}", deploy.id) }`
  const { app, write } = await serveSite(t, { '.env': 'DEPLOY_ID=first', [`${functions}/job-background.mjs`]: job('old') }, { envFile: '.env' })
  const origin = await listen(app)
  app.netlifyFunctions.jobs.pause()
  await fetch(`${origin}${byName}/job-background`)
  await write({ '.env': 'DEPLOY_ID=second', [`${functions}/job-background.mjs`]: job('new') })
  await app.netlifyFunctions.reload()
  const ran = once(probe, 'ran')
  app.netlifyFunctions.jobs.resume()
  t.same(await ran, ['new', 'first'])
  const next = once(probe, 'ran')
  await fetch(`${origin}${byName}/job-background`)
  t.same(await next, ['new', 'second'])
})

t.test('schedules begin and end with the version that has them', async (t) => {
  stopTime(t)
  const tick = (name: string, config?: object): string => `export default () => { probe.emit("tick", "${name}") }${config === undefined ? '' : `\nexport const config = ${JSON.stringify(config)}`}`
  const { app, write } = await serveSite(t, { [`${functions}/a.mjs`]: tick('a', { schedule: '@hourly' }) })
  await listen(app)
  await write({ [`${functions}/a.mjs`]: tick('a'), [`${functions}/b.mjs`]: tick('b', { schedule: '30 * * * *' }) })
  await app.netlifyFunctions.reload()
  const ticks: string[] = []
  probe.on('tick', (name) => ticks.push(name))
  const ticked = once(probe, 'tick')
  for (let minute = 0; minute < 31; minute++) mock.timers.tick(60_000)
  await ticked
  t.same(ticks, ['b'])
})

t.test('a rate limit that is the same goes on counting', async (t) => {
  const rateLimit = { windowLimit: 2, windowSize: 60 }
  const { app, write, get } = await serveSite(t, { [`${functions}/few.mjs`]: saying('1', { path: '/few', rateLimit }) })
  t.equal(await get('/few'), '1')
  await write({ [`${functions}/few.mjs`]: saying('2', { path: '/few', rateLimit }) })
  await app.netlifyFunctions.reload()
  t.equal(await get('/few'), '2')
  t.equal(await get('/few'), '429')
  await write({ [`${functions}/few.mjs`]: saying('3', { path: '/few', rateLimit: { ...rateLimit, windowLimit: 1 } }) })
  await app.netlifyFunctions.reload()
  t.equal(await get('/few'), '3')
  t.equal(await get('/few'), '429')
})

t.test('the first rate limit of a site waits for a restart', async (t) => {
  const { app, write, get } = await serveSite(t, { [`${functions}/many.mjs`]: counting({ path: '/many' }) })
  await write({ [`${functions}/many.mjs`]: saying('few', { path: '/many', rateLimit: { windowLimit: 2, windowSize: 60 } }) })
  await t.rejects(app.netlifyFunctions.reload(), { code: 'FST_NETLIFY_RELOAD_FAILED', message: /'rateLimit': the first rate limit of a site takes a restart/ })
  t.equal(await get('/many'), '1')
})
