// The server of the chaos test: the built package in a process of its own, which tells what it holds.
import { readdirSync } from 'node:fs'
import { memoryUsage } from 'node:process'
import Fastify from 'fastify'
import netlifyFunctions from 'fastify-netlify-functions'

/** Milliseconds of garbage collections. */
const COLLECTING = 1_500

const orders = {
  async reload () {
    await app.netlifyFunctions.reload()
  },
  async jobs () {
    return await app.netlifyFunctions.jobs.stats()
  },
  async threads () {
    return readdirSync('/proc/self/task').length
  },

  async memory () {
    // V8 keeps pages of heaps that are gone, and gives a few of them back at each collection.
    const end = performance.now() + COLLECTING
    do globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    while (performance.now() < end)
    const { heapUsed, external, rss } = memoryUsage()
    return { own: heapUsed + external, rss }
  }
}

// Clients open connections ahead of requests, which are not idle to Node.js.
const app = Fastify({ logger: { level: 'fatal' }, forceCloseConnections: true })
await app.register(netlifyFunctions, JSON.parse(process.env.SITE_OPTIONS))
process.on('disconnect', () => process.exit())
process.on('message', async ({ id, order }) => {
  try {
    process.send({ id, result: await orders[order]() })
  } catch (error) {
    process.send({ id, failure: error.message })
  }
})
process.once('SIGTERM', async () => {
  await app.close()
  process.exit()
})
const origin = await app.listen({ port: 0, host: '127.0.0.1' })
process.send({ id: 0, result: origin })
