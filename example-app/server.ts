import { dirname } from 'node:path'
import closeWithGrace from 'close-with-grace'
import Fastify from 'fastify'
import netlifyFunctions from 'fastify-netlify-functions'
import { sqliteQueue } from 'fastify-netlify-functions/queue/sqlite'

const {
  PORT = '8888',
  LOG_LEVEL = 'warn',
  // Where background calls wait; by default in .netlify, beside netlify.toml.
  QUEUE_FILE,
  MY_API_KEY = 'open-sesame',
  // A stand-in, so that the example needs neither a network nor an account.
  OPENAI_BASE_URL = `http://localhost:${PORT}/stand-in/v1`
} = process.env

const app = Fastify({ logger: { level: LOG_LEVEL } })

await app.register(netlifyFunctions, {
  // The site is where netlify.toml is; this file runs from dist/.
  root: dirname(import.meta.dirname),
  env: { MY_API_KEY, OPENAI_BASE_URL },
  // Without a password, as only this machine gets to it.
  dashboard: true,
  health: { path: '/health' },
  ...QUEUE_FILE && { queue: sqliteQueue({ file: QUEUE_FILE }) }
})

// Ctrl-C and SIGTERM: take no more requests, finish those under way and the background jobs, exit with 0.
closeWithGrace({ delay: 40_000, logger: app.log, skip: ['SIGHUP'] }, async ({ err }) => {
  if (err) app.log.error({ err }, 'the server closes because of an error')
  await app.close()
})

// kill -HUP: serve what lies on the disk now, from one request to the next. If it does not build, the log says why.
process.on('SIGHUP', () => {
  app.netlifyFunctions.reload().then(() => console.log('The example has been reloaded'), () => {})
})

await app.listen({ port: Number(PORT) })
console.log(`The example is at http://localhost:${PORT} (Ctrl-C ends it), its dashboard at http://localhost:${PORT}/.netlify/dashboard`)
