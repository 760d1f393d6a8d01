import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { createSite, writeFiles } from '../helper.ts'
import { attempt, backgroundClient, callVillain, DEADLINE, wellBehavedClients, type Client } from './clients.ts'
import { ChaosServer, type Memory } from './server.ts'
import { options, siteOf, villains, villainsOf, type Villain } from './site.ts'

interface Holdings extends Memory {
  readonly threads: number
}

/** Of reloads, three make each function that misbehaves do so once. */
const WARM_UP = 3
const RELOADS = 20
/** Milliseconds of each version of the site: 30 s in all, where the machine does nothing else; else as many as there is time for. */
const PERIOD = 1_500
const LONGEST = 40_000
const FEWEST = 5
/** Milliseconds between two requests of a client: what is tested is no overload. */
const BREATH = 20
/** Times that a client whose call was lost with its thread sends it again. */
const TRIES = 20
/** What may happen to a call, whatever its function does. */
const MISHAP = /^(?:504 FST_NETLIFY_TIMEOUT|503 FST_NETLIFY_(?:THREAD_LOST|HELD_BACK))$/
/** Bytes of the modules that reloads have brought into the main thread, and of what the test's runner keeps of each there. */
const GROWTH = 30e6
/** Bytes that V8 may keep of heaps that are gone, for those to come. */
const KEPT = 500e6
/** Milliseconds between two looks at what the server holds, and of looks that show the same. */
const LOOK = 200
const STILL = 2_000

t.test('whatever functions do while the site is reloaded, the server answers everybody else', { skip: existsSync('/proc/self/task') ? false : 'threads are counted in /proc' }, async (t) => {
  const root = await createSite(t, { ...siteOf(0), notes: '' })
  const [server, origin] = await ChaosServer.start(t, { ...options, root })
  const tally = new Map<string, number>()
  const accepted = new Set<string>()
  const misdeeds: Array<[villain: Villain, answer: string]> = []
  let served = 0
  let newest = 0
  let number = 0
  const versions = { served: () => served, newest: () => newest }

  await run(WARM_UP)
  const before = await settle()
  tally.clear()
  misdeeds.length = 0
  await run(RELOADS)
  const after = await settle()

  t.equal(server.end, undefined, 'the server lives')
  t.comment(`${served - WARM_UP} reloads`)
  t.ok(served - WARM_UP >= FEWEST, 'the site was reloaded')
  for (const [outcome, count] of [...tally].sort()) t.comment(`${count} × ${outcome}`)
  const outcomes = [...tally.keys()]
  t.same(outcomes.filter((outcome) => !outcome.startsWith('far-') && !outcome.endsWith(': right')), [], 'inline, every request is answered as it should be')
  t.same(outcomes.filter((outcome) => outcome.startsWith('far-') && !/: (?:right|refused FST_NETLIFY_THREAD_LOST|broken off)$/.test(outcome)), [], 'beside those who end their threads, a request is answered, or told to come again')
  t.same(outcomes.filter((outcome) => /^far-(?!stream|leave).*broken off$/.test(outcome)), [], 'only a body that had begun is broken off')
  for (const prefix of ['', 'far-']) {
    for (const name of Object.keys(wellBehavedClients(prefix, versions))) t.ok((tally.get(`${prefix}${name}: right`) ?? 0) > FEWEST, `${prefix}${name} was called all the time`)
  }
  checkMisdeeds()
  const noted = new Set((await readFile(join(root, 'notes'), 'utf8')).split('\n'))
  t.ok(accepted.size > FEWEST, 'jobs were queued')
  t.same([...accepted].filter((id) => !noted.has(id)), [], 'every call that got its 202 has run')
  t.comment(`before: ${show(before)}; after: ${show(after)}`)
  t.equal(after.threads, before.threads, 'no thread is left over')
  t.ok(after.own < before.own + GROWTH, 'nor is memory')
  t.ok(after.rss < before.rss + KEPT, 'nor what the system counts')
  t.equal(await server.stop(), 0, 'it closes')

  /** Load of all kinds at once, while each version has its period. */
  async function run (reloads: number): Promise<void> {
    const over = new AbortController()
    const clients = [
      ...clientsOf(''), ...clientsOf('far-'), keepCalling('background', backgroundClient(accepted), over.signal)
    ]
    const work: Array<Promise<void>> = []
    const deadline = performance.now() + LONGEST
    for (let reload = 0; reload < reloads && performance.now() < deadline && server.end === undefined; reload++) {
      const period = pause(PERIOD)
      await writeFiles(root, siteOf(++newest))
      await server.reload()
      served = newest
      work.push(misbehave(served))
      await period
    }
    over.abort()
    await Promise.all([...clients, ...work])

    function clientsOf (prefix: string): Array<Promise<void>> {
      return Object.entries(wellBehavedClients(prefix, versions)).map(async ([name, client]) => await keepCalling(`${prefix}${name}`, client, over.signal))
    }
  }

  async function keepCalling (name: string, client: Client, over: AbortSignal): Promise<void> {
    while (!over.aborted && server.end === undefined) {
      await callUntilRight(name, client)
      await pause(BREATH)
    }
  }

  async function callUntilRight (name: string, client: Client): Promise<void> {
    const id = ++number
    for (let tries = 0; tries < TRIES; tries++) {
      const outcome = await attempt(client, origin, id)
      count(`${name}: ${outcome.kind}${'code' in outcome ? ` ${outcome.code}` : ''}${'what' in outcome ? ` ${outcome.what}` : ''}`)
      if (outcome.kind !== 'refused' && outcome.kind !== 'broken off') return
    }
    count(`${name}: refused ${TRIES} times`)
  }

  function count (outcome: string): void {
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1)
  }

  async function misbehave (version: number): Promise<void> {
    await Promise.all(villainsOf(version).map(async (name) => { misdeeds.push([name, await callVillain(origin, name)]) }))
  }

  function checkMisdeeds (): void {
    const unusual = misdeeds.filter(([villain, answer]) => answer !== villains[villain] && !MISHAP.test(answer))
    t.same(unusual, [], 'those who misbehave get errors with codes')
    for (const [name, expected] of Object.entries(villains)) {
      const answers = misdeeds.filter(([villain]) => villain === name).map(([, answer]) => answer)
      t.ok(answers.includes(expected), `bad-${name} did what it does: ${answers.filter((answer) => answer === expected).length} of ${answers.length} times`)
    }
  }

  /** Waits until all jobs have ended, and the threads that are left stay. */
  async function settle (): Promise<Holdings> {
    // Threads of an old version end with it; there are new ones when they are needed.
    await callUntilRight('far-hello', wellBehavedClients('far-', versions).hello!)
    await callUntilRight('background', backgroundClient(accepted))
    const deadline = performance.now() + DEADLINE
    let since = performance.now()
    let last = 0
    while (performance.now() < deadline) {
      const { waiting, running } = await server.jobs()
      const threads = await server.threads()
      if (waiting + running > 0 || threads !== last) since = performance.now()
      last = threads
      if (performance.now() - since >= STILL) return { threads, ...await server.memory() }
      await pause(LOOK)
    }
    throw new Error(`jobs and threads have not come to rest: ${last} threads, ${JSON.stringify(await server.jobs())}`)
  }
})

function show ({ own, rss, threads }: Holdings): string {
  return `main thread ${(own / 1e6).toFixed(1)} MB, process ${(rss / 1e6).toFixed(1)} MB, ${threads} threads`
}
