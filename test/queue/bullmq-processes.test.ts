import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { bullmqQueue } from '../../lib/queue/bullmq.ts'
import { newJob } from '../../lib/queue/conformance/jobs.ts'
import type { Order, Report } from './bullmq-process.ts'
import { createPostgresServer } from './postgres-server.ts'
import { createRedisServer, missingRedis, type DatabaseServer } from './redis-server.ts'

interface Run {
  readonly id: string
  readonly attempt: number
  readonly pid: number | undefined
}

const databases = [
  { name: 'Redis', createServer: createRedisServer, skip: missingRedis() },
  { name: 'PostgreSQL', createServer: createPostgresServer, skip: false }
]

for (const { name, createServer, skip } of databases) {
  t.test(`two processes on ${name}`, { skip }, async (t) => {
    const server = await createServer(t)
    await server.start()
    const driver = bullmqQueue({ connection: server.url })
    t.teardown(() => driver.close())
    const { children, runs, untilSucceeded } = await startTwo(t, server)

    await t.test('share the jobs, and each job runs once', async (t) => {
      const count = 200
      await Promise.all(Array.from({ length: count }, (_, index) => driver.enqueue(newJob(`shared-${index}`, { function: `f${index % 3}` }))))
      await untilSucceeded(count)
      t.equal(runs.length, count)
      t.equal(new Set(runs.map(({ id }) => id)).size, count)
      t.equal(new Set(runs.map(({ pid }) => pid)).size, 2, 'both have run some')
      t.match(await driver.stats(), { waiting: 0, running: 0, succeeded: count })
      runs.length = 0
    })

    await t.test('run a schedule once, whoever is first', async (t) => {
      const stored: string[] = []
      for (let tick = 0; tick < 5; tick++) {
        const ids = Promise.all(children.map(untilStored))
        children.forEach((child, index) => child.send(scheduledJob(`tick-${tick}-${index}`, tick)))
        const [one, other] = await ids
        t.equal(one, other)
        stored.push(String(one))
      }
      await untilSucceeded(200 + stored.length)
      t.same(runs.map(({ id }) => id).sort(), stored)
      runs.length = 0
    })

    await t.test('take over what the other held when it was killed', async (t) => {
      await driver.enqueue(newJob('stuck', { function: 'stuck' }))
      await untilSucceeded(206, () => {
        children.find(({ pid }) => pid === runs[0]?.pid)?.kill('SIGKILL')
      })
      t.match(runs, [{ id: 'stuck', attempt: 1 }, { id: 'stuck', attempt: 2 }])
      t.not(runs[0]?.pid, runs[1]?.pid)
    })
  })
}

interface Two {
  readonly children: ChildProcess[]
  readonly runs: Run[]
  untilSucceeded (count: number, eachRun?: () => void): Promise<void>
}

async function startTwo (t: Test, { url }: DatabaseServer): Promise<Two> {
  const runs: Run[] = []
  const succeeded: string[] = []
  let noted = Promise.withResolvers<void>()
  const children = [1, 2].map(() => fork(join(import.meta.dirname, 'bullmq-process.ts'), [url], { execArgv: [] }))
  t.teardown(() => children.forEach((child) => child.kill('SIGKILL')))
  for (const child of children) {
    child.on('message', (report: Report) => {
      if (report.type === 'ran') runs.push({ ...report, pid: child.pid })
      if (report.type === 'succeeded') succeeded.push(report.id)
      noted.resolve()
    })
  }
  await Promise.all(children.map((child) => once(child, 'message')))
  return { children, runs, untilSucceeded }

  async function untilSucceeded (count: number, eachRun = (): void => {}): Promise<void> {
    while (succeeded.length < count) {
      noted = Promise.withResolvers()
      await noted.promise
      eachRun()
    }
  }
}

function scheduledJob (id: string, tick: number): Order {
  const job = newJob(id)
  return { ...job, request: { ...job.request, body: null }, uniqueKey: `clean@2030-01-01T00:0${tick}` }
}

async function untilStored (child: ChildProcess): Promise<string> {
  return await new Promise((resolve) => {
    child.on('message', function listen (report: Report) {
      if (report.type !== 'stored') return
      child.off('message', listen)
      resolve(report.id)
    })
  })
}
