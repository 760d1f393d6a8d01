import { availableParallelism } from 'node:os'
import { siteRoot } from '../directory.ts'
import { isolations, titles } from '../isolation.ts'
import type { LoadGenerator } from '../load-generator.ts'
import { startSiteProcess, type SiteProcess } from '../site-process.ts'
import { compute } from './compute.ts'
import { measureScenes, type Scene, type SceneFigures, type SceneRounds } from './scene.ts'

/** A function that computes, inline and in threads. */
export interface ComputationFigures {
  readonly cores: number
  readonly inline: SceneFigures
  readonly inThreads: SceneFigures
}

/** Milliseconds of a call. */
export const COMPUTATION = 10
const CALIBRATIONS = 20

/** Measures what threads do with several cores, so no server is tied to one. */
export async function measureComputation (load: LoadGenerator, rounds: SceneRounds): Promise<ComputationFigures> {
  const amount = roundsFor(COMPUTATION)
  const path = `/.netlify/functions/compute?rounds=${amount}`
  const servers: SiteProcess[] = []
  try {
    const scenes: Scene[] = []
    for (const isolation of isolations) {
      const server = await startSiteProcess(siteRoot('threads/site'), { options: { isolation } })
      servers.push(server)
      const reply = await (await fetch(`http://127.0.0.1:${server.port}${path}`)).text()
      if (reply !== String(compute(amount))) throw new Error(`${isolation}: the function answers ${reply} and not ${compute(amount)}`)
      scenes.push({ title: titles[isolation], burst: { port: server.port, method: 'GET', paths: [path], requests: 100, connections: 4 } })
    }
    const [inline, inThreads] = await measureScenes(scenes, load, rounds)
    return { cores: availableParallelism(), inline: inline!, inThreads: inThreads! }
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** How much there is to compute in so many milliseconds. */
function roundsFor (milliseconds: number): number {
  const rounds = 1_000_000
  const times = Array.from({ length: CALIBRATIONS }, () => {
    const start = performance.now()
    compute(rounds)
    return performance.now() - start
  })
  return Math.round(rounds * milliseconds / Math.min(...times))
}
