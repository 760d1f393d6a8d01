// A server in a process of its own, as its user starts it: the built package, told what to do by its environment.
import { once } from 'node:events'
import Fastify from 'fastify'
import netlifyFunctions from 'fastify-netlify-functions'

const { SITE_OPTIONS = '{}', QUEUE, WAITS_FOR_CLOCK } = process.env

const app = Fastify({ logger: { level: 'warn' } })
await app.register(netlifyFunctions, { ...JSON.parse(SITE_OPTIONS), ...QUEUE && { queue: await openQueue(JSON.parse(QUEUE)) } })
const { jobs } = app.netlifyFunctions

app.netlifyFunctions.on('job', ({ type, job }) => process.send({ type, id: job.id }))
process.on('message', async (message) => {
  if (message === 'stats') process.send({ type: 'stats', stats: await jobs.stats() })
})
process.on('disconnect', () => process.exit())
process.once('SIGTERM', async () => {
  await app.close()
  process.exit()
})

if (WAITS_FOR_CLOCK !== undefined) {
  process.send({ type: 'ready' })
  const [{ clockOffset }] = await once(process, 'message')
  shiftClock(clockOffset)
}
await app.listen({ port: 0, host: '127.0.0.1' })
process.send({ type: 'listening', origin: `http://127.0.0.1:${app.server.address().port}` })

/** The factory of a driver, by its subpath and name, and what it is given. */
async function openQueue ({ subpath, factory, options }) {
  const drivers = await import(`fastify-netlify-functions/queue/${subpath}`)
  return drivers[factory](options)
}

/** So that a test need not wait for the next minute. */
function shiftClock (offset) {
  const RealDate = Date
  globalThis.Date = class extends RealDate {
    constructor (...args) {
      if (args.length > 0) super(...args)
      else super(RealDate.now() + offset)
    }

    static now () {
      return RealDate.now() + offset
    }
  }
}
