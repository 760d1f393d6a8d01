import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { serveSite } from './site.ts'

const RELOADS = 100
/** Milliseconds for threads to end; a leak is a failed assertion. */
const PATIENCE = 20_000
const LOOK = 50

/** Tells its version, how many there have been where it runs, and of which thread that is. */
const versioned = (version: number): string => `
  import { threadId } from 'node:worker_threads'
  globalThis.versionsLoaded = (globalThis.versionsLoaded ?? 0) + 1
  export default () => Response.json([${version}, globalThis.versionsLoaded, threadId])`

t.test('after 100 reloads, nothing of an old version is left in threads', async (t) => {
  const file = 'netlify/functions/versioned.mjs'
  const { app, write, get } = await serveSite(t, { [file]: versioned(0) }, { isolation: { request: 'thread', threads: 1 } })
  const call = async (): Promise<number[]> => JSON.parse(await get('/.netlify/functions/versioned')) as number[]
  await call()
  const before = threads()
  const seen = new Set<number>()
  for (let version = 1; version <= RELOADS; version++) {
    await write({ [file]: versioned(version) })
    await app.netlifyFunctions.reload()
    const [served, loaded, thread] = await call()
    if (served !== version || loaded !== 1) t.fail(`version ${version}: thread ${thread} serves ${served}, after ${loaded} versions`)
    seen.add(Number(thread))
  }
  t.equal(seen.size, RELOADS, 'each version has a thread of its own')
  t.notOk(seen.has(0), 'none of them is the one of the server')
  t.notHas(globalThis, 'versionsLoaded', 'which has loaded none of them')
  const deadline = performance.now() + PATIENCE
  while (threads() > before && performance.now() < deadline) await pause(LOOK)
  t.equal(threads(), before, 'the threads of old versions have ended')
})

/** Those that Node.js has besides the main one. */
function threads (): number {
  const report = Object.assign(process.report, { excludeNetwork: true })
  return (report.getReport() as { workers: unknown[] }).workers.length
}
