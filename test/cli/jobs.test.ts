import t, { type Test } from 'tap'
import { createSite } from '../helper.ts'
import { createRedisServer, missingRedis } from '../queue/redis-server.ts'
import { run, start } from './command.ts'

const FILES = {
  'netlify/functions/work-background.mjs': `export default async (req) => {
    if (await req.text() === 'bad') throw new Error('\\u001b[2Jthat was bad')
  }`
}

t.test('jobs of the default queue, beside its server', async (t) => {
  const root = await createSite(t, FILES)
  await seeJobs(t, root, [], ['--directory', root])
})

t.test('jobs in Redis, beside their server', { skip: missingRedis() }, async (t) => {
  const redis = await createRedisServer(t)
  await redis.start()
  const queue = ['--queue', redis.url]
  await seeJobs(t, await createSite(t, FILES), queue, queue)
})

async function seeJobs (t: Test, root: string, serverArgs: string[], args: string[]): Promise<void> {
  const server = await start(t, root, ...serverArgs)
  const headers = { authorization: 'Bearer secret' }
  t.equal((await fetch(`${server.origin}/.netlify/functions/work-background`, { method: 'POST', body: 'bad', headers })).status, 202)
  await server.shows('that was bad')

  const listed = await run(['jobs', 'list', '--json', ...args])
  const [job] = JSON.parse(listed.stdout) as Array<{ id: string, function: string, headers: object }>
  t.match(job, { function: 'work-background', headers: { authorization: '(hidden)' } })
  const id = job!.id

  const table = await run(['jobs', ...args])
  t.equal(table.code, 0)
  t.match(table.stdout, /^JOB +FUNCTION +STATE +TRY +QUEUED +ERROR\n/)
  t.match(table.stdout, new RegExp(`^${id} +work-background +waiting +1 `, 'm'))
  t.notOk(table.stdout.includes('\u001b'))

  t.match((await run(['jobs', 'show', id, ...args])).stdout, /^body: bad$/m)
  t.match(await run(['jobs', 'cancel', id, ...args]), { code: 0, stdout: `Job ${id} is cancelled\n` })
  t.match((await run(['jobs', 'stats', ...args])).stdout, /^waiting 0\nrunning 0\nsucceeded 0\nfailed 0\ncancelled 1\n$/)
  t.match(await run(['jobs', 'cancel', id, ...args]), { code: 1, stderr: /cannot cancel while it is cancelled/ })
  t.match(await run(['jobs', 'retry', id, ...args]), { code: 0, stdout: `Job ${id} waits again\n` })
  t.match(await run(['jobs', 'show', 'nope', ...args]), { code: 1, stderr: 'error there is no job "nope"\n' })
}
