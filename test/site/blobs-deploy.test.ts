import { join } from 'node:path'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import t from 'tap'
import { getDeployStore } from '@netlify/blobs'
import { startBlobs } from '../../lib/site/blobs.ts'
import { deployBlobs } from '../../lib/site/blobs-deploy.ts'
import { captureLog, createSite } from '../helper.ts'

/** A server with stores of its own, that `getDeployStore()` finds. */
async function start (t: Parameters<typeof createSite>[0], directory: string, log: FastifyBaseLogger): Promise<void> {
  const server = await startBlobs({ directory, siteId: 's', deployId: 'd', log })
  process.env.NETLIFY_BLOBS_CONTEXT = server.context
  t.teardown(async () => {
    delete process.env.NETLIFY_BLOBS_CONTEXT
    await server.close()
  })
}

t.test('what takes long goes on after the boot, and is logged', async (t) => {
  const { logger, line } = captureLog()
  const { log } = Fastify({ logger })
  const root = await createSite(t, { '.netlify/v1/blobs/deploy/a/blob': 'a', '.netlify/v1/blobs/deploy/b/blob': 'b' })
  const directory = join(root, 'stores')
  await start(t, directory, log)
  await deployBlobs({ places: [root], directory, siteId: 's', deployId: 'd', log }, 0)
  t.match(await line(({ msg }) => /still being written/.test(msg)), { level: 40 })
  await line(({ msg }) => /are written/.test(msg))
  t.equal(await getDeployStore().get('b'), 'b')
})

t.test('what goes wrong then is logged, too', async (t) => {
  const { logger, line } = captureLog()
  const { log } = Fastify({ logger })
  const root = await createSite(t, { '.netlify/v1/blobs/deploy/a/blob': 'a', 'stores/deployed': 'a file where a directory must be' })
  const directory = join(root, 'stores')
  await start(t, directory, log)
  const options = { places: [root], directory, siteId: 's', deployId: 'd', log }
  await deployBlobs(options, 0)
  t.match(await line(({ msg }) => /are not written/.test(msg)), { level: 50, err: { code: 'FST_NETLIFY_INVALID_OPTION', message: /Option "blobs" cannot take the blobs that came with the site: E/ } })
  await t.rejects(deployBlobs(options), { code: 'FST_NETLIFY_INVALID_OPTION' })
})
