import { randomInt } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { createSite } from '../helper.ts'
import { ServerProcess, type QueueChoice } from './server-process.ts'

export interface CrashRun {
  readonly processes: number
  /** Calls that get their 202. */
  readonly calls: number
  readonly kills: number
  readonly queue?: QueueChoice
}

const CLIENTS = 8
const CONCURRENCY = 10
const LEASE_DURATION = 2_000
/** Milliseconds for the jobs that are left after the last kill; a hang is a failed assertion. */
const PATIENCE = 40_000

/** Each run leaves its id in a file outside of the queue, written through to the disk, a moment after it has begun. */
const note = `
  import { appendFileSync } from 'node:fs'
  export default async (request) => {
    const id = await request.text()
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
    appendFileSync(process.env.NOTES, id + '\\n', { flag: 'as' })
  }`

/** Sends calls to servers that are killed and started again, and asserts that each call with a 202 has run. */
export async function crashRun (t: Test, { processes, calls, kills, queue }: CrashRun): Promise<void> {
  const root = await createSite(t, { 'netlify/functions/note-background.mjs': note, notes: '' })
  const notes = join(root, 'notes')
  // More attempts than kills: a job may be hit by each of them.
  const background = { concurrency: CONCURRENCY, leaseDuration: LEASE_DURATION, retryDelays: Array.from({ length: kills }, () => 0) }
  const servers = Array.from({ length: processes }, () => new ServerProcess(t, { site: { root, background }, queue, env: { NOTES: notes } }))
  const news = new EventEmitter().setMaxListeners(0)
  let heard = 0
  for (const server of servers) server.on('message', ({ type }) => { if (type !== 'stats') tell() })
  await Promise.all(servers.map((server) => server.start()))

  const accepted = new Set<string>()
  const refusals: number[] = []
  let sent = 0
  const clients = Promise.all(Array.from({ length: CLIENTS }, send))
  await killAtRandom()
  await clients
  t.equal(accepted.size, calls)
  t.same(refusals, [], 'no call was refused')
  t.comment(`${sent} calls sent, ${sent - accepted.size} without an answer`)

  await until(async () => {
    const ids = new Set(await idsIn(notes))
    return [...accepted].every((id) => ids.has(id))
  }).catch((error: Error) => t.fail(error.message))
  const distinct = new Set(await idsIn(notes))
  t.same([...accepted].filter((id) => !distinct.has(id)), [], 'every call that got its 202 has run')
  await until(async () => {
    const { waiting, running } = await servers[0]!.stats()
    return waiting + running === 0
  })
  t.match(await servers[0]!.stats(), { waiting: 0, running: 0, failed: 0, cancelled: 0 })
  const ran = await idsIn(notes)
  const duplicates = ran.length - new Set(ran).size
  t.comment(`${duplicates} runs were repeated: they had begun, and were not settled, when their process was killed`)
  t.ok(duplicates <= kills * CONCURRENCY, 'no more than what can have run at the kills')
  for (const server of servers) t.equal(await server.stop(), 0)

  async function send (): Promise<void> {
    while (accepted.size < calls) {
      const id = String(sent++)
      const { origin } = await anyServer()
      try {
        const response = await fetch(`${origin}/.netlify/functions/note-background`, { method: 'POST', body: id })
        if (response.status === 202 && accepted.size < calls) accept(id)
        else if (response.status !== 202) refusals.push(response.status)
      } catch {
        // The server was killed; whether it had stored the call is nobody's promise.
      }
    }
  }

  function accept (id: string): void {
    accepted.add(id)
    tell()
  }

  /** At a random number of accepted calls, and a random moment after that. */
  async function killAtRandom (): Promise<void> {
    const stretch = Math.floor(calls / (kills + 1))
    for (let kill = 0; kill < kills; kill++) {
      const moment = kill * stretch + randomInt(1, stretch)
      await until(() => accepted.size >= moment)
      await delay(randomInt(0, 20))
      const server = servers[kill % processes]!
      await server.kill()
      await server.start()
    }
  }

  async function anyServer (): Promise<ServerProcess> {
    const listening = (): ServerProcess[] => servers.filter(({ origin }) => origin !== undefined)
    await until(() => listening().length > 0)
    const up = listening()
    return up[randomInt(up.length)]!
  }

  function tell (): void {
    heard++
    news.emit('heard')
  }

  /** Looks again whenever there is news. */
  async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE)
    for (;;) {
      const before = heard
      if (await isSo()) return
      if (heard === before) await once(news, 'heard', { signal }).catch(() => { throw new Error('nothing more was heard of the servers') })
    }
  }
}

async function idsIn (file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').filter(Boolean)
}
