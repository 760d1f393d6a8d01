import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { siteRoot } from '../directory.ts'
import { makeSiteDirectory } from '../generated-site.ts'
import type { LoadGenerator } from '../load-generator.ts'
import type { Burst } from '../messages.ts'
import { startSiteProcess } from '../site-process.ts'
import { measureScenes, type SceneFigures, type SceneRounds } from './scene.ts'

/** `hello` inline, beside several neighbours. */
export interface NeighbourFigures {
  readonly quiet: SceneFigures
  readonly besideJob: SceneFigures
  /** What the machine makes of it, without any thread of the server. */
  readonly besideProcess: SceneFigures
}

/** Milliseconds between two looks at whether a job has begun or ended. */
const PAUSE = 5
const FUNCTIONS = '/.netlify/functions'

/** Measures what requests notice of a job that computes; neither is tied to a core. */
export async function measureNeighbours (load: LoadGenerator, rounds: SceneRounds): Promise<NeighbourFigures> {
  const server = await startSiteProcess(siteRoot('threads/site'))
  const origin = `http://127.0.0.1:${server.port}`
  const file = join(makeSiteDirectory(), 'burn')
  // Fewer connections than elsewhere: server, load generator and what computes have to share the cores.
  const burst: Burst = { port: server.port, method: 'GET', paths: [`${FUNCTIONS}/hello`], requests: 2000, connections: 10 }
  try {
    const reply = await (await fetch(`${origin}${FUNCTIONS}/hello`)).text()
    if (reply !== 'Hello, world!') throw new Error(`the function answers ${reply}`)
    const [quiet, besideJob, besideProcess] = await measureScenes([
      { title: 'nothing else', burst },
      { title: 'a background function computes in a thread', burst, around: async (send) => await whileJobComputes(origin, file, send) },
      { title: 'another process computes', burst, around: whileProcessComputes }
    ], load, rounds)
    return { quiet: quiet!, besideJob: besideJob!, besideProcess: besideProcess! }
  } finally {
    // Ends the job, so that the server can stop.
    rmSync(file, { force: true })
    await server.stop()
  }
}

/** The job computes for as long as the file is there. */
async function whileJobComputes (origin: string, file: string, send: () => Promise<void>): Promise<void> {
  const computes = (): boolean => existsSync(`${file}.burning`)
  writeFileSync(file, '')
  const { status } = await fetch(`${origin}${FUNCTIONS}/burn-background`, { method: 'POST', body: file })
  if (status !== 202) throw new Error(`the background call is answered with status ${status}`)
  while (!computes()) await setTimeout(PAUSE)
  await send()
  if (!computes()) throw new Error('the background function ended before its time')
  rmSync(file)
  while (computes()) await setTimeout(PAUSE)
}

async function whileProcessComputes (send: () => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'console.log(); for (;;);'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  try {
    await once(child.stdout, 'data')
    await send()
  } finally {
    child.kill('SIGKILL')
    await exited
  }
}
