import { argv } from 'node:process'
import Fastify from 'fastify'
import type { QueueDriver } from '../../dist/queue/driver.js'
import { cpuTime } from '../cpu-time.ts'
import { siteRoot } from '../directory.ts'
import { netlifyFunctions } from '../plugin.ts'
import { listen } from '../server.ts'
import { createDelays } from './delays.ts'
import { drivers } from './drivers.ts'
import { createGate } from './gate.ts'
import type { QueueOrder, QueueReply } from './messages.ts'

// The process of a site with a background function and the queue of the first argument, whose jobs are where the second says.
// It ends with its runner.
process.on('disconnect', () => process.exit())
process.on('message', async (order: QueueOrder) => process.send?.(await follow(order)))

const [, , driver = '', place = ''] = argv
const delays = createDelays()
let accepted = 0
let finished = 0
const gate = createGate(counted(await drivers[driver]!.open(place)))
const app = Fastify()
await app.register(netlifyFunctions, { root: siteRoot('queue/site'), queue: gate.driver })
app.netlifyFunctions.on('job', ({ type, job }) => {
  if (type === 'started') delays.onStart(job)
  if (type === 'succeeded') finished++
})
process.send?.(await listen(app))

function counted (driver: QueueDriver): QueueDriver {
  return {
    ...driver,
    enqueue (job) {
      accepted++
      delays.onEnqueue(job)
      return driver.enqueue(job)
    }
  }
}

async function follow ({ kind }: QueueOrder): Promise<QueueReply> {
  switch (kind) {
    case 'cpu': return { kind, cpu: cpuTime() }
    case 'hold':
      gate.close()
      return { kind }
    case 'drain': return await drain()
    case 'watch':
      delays.watch()
      return { kind }
    case 'delays': return { kind, delays: delays.take() }
  }
}

async function drain (): Promise<QueueReply> {
  const jobs = accepted - finished
  const start = performance.now()
  gate.open()
  await allFinished()
  return { kind: 'drain', jobs, milliseconds: performance.now() - start }
}

function allFinished (): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (finished < accepted) return
      app.netlifyFunctions.off('job', check)
      resolve()
    }
    app.netlifyFunctions.on('job', check)
    check()
  })
}
