import { join } from 'node:path'
import closeWithGrace from 'close-with-grace'
import Fastify from 'fastify'
import netlifyFunctions from 'fastify-netlify-functions'
import { sqliteQueue } from 'fastify-netlify-functions/queue/sqlite'

const {
  HOST = '127.0.0.1',
  PORT = '8888',
  // Addresses of the proxies whose X-Forwarded-* headers count.
  TRUST_PROXY = '127.0.0.1',
  // Where the queue lies; systemd sets it. Without it, in .netlify below the root.
  STATE_DIRECTORY,
  // Milliseconds in which a load balancer that asks /health/ready notices that this process is about to end.
  DRAIN = '0'
} = process.env

const app = Fastify({
  logger: true,
  trustProxy: TRUST_PROXY.split(','),
  // What the proxy has on its way when this process begins to close is served, not refused.
  return503OnClosing: false
})

await app.register(netlifyFunctions, {
  root: import.meta.dirname,
  health: { path: '/health' },
  ...STATE_DIRECTORY && { queue: sqliteQueue({ file: join(STATE_DIRECTORY, 'queue.sqlite') }) }
})

closeWithGrace({ delay: 50_000, logger: app.log, skip: ['SIGHUP'] }, async ({ err }) => {
  if (err) app.log.error({ err }, 'the server closes because of an error')
  else await app.netlifyFunctions.drain(Number(DRAIN))
  await app.close()
})

// If the new version does not build, the log says why, and the old one is served on.
process.on('SIGHUP', () => { app.netlifyFunctions.reload().catch(() => {}) })

await app.listen({ host: HOST, port: Number(PORT) })
// PM2 waits for it.
process.send?.('ready')
