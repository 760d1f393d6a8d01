import { sendBurst, type LoadGenerator } from '../load-generator.ts'
import type { Burst } from '../messages.ts'
import { orderOfRound } from '../order.ts'

/** Bursts of one kind of request, under circumstances of their own. */
export interface Scene {
  readonly title: string
  readonly burst: Burst
  /** Arranges the circumstances of one burst. */
  readonly around?: (send: () => Promise<void>) => Promise<void>
}

export interface SceneFigures {
  readonly title: string
  readonly requestsPerSecond: readonly number[]
  /** Milliseconds. */
  readonly p99: readonly number[]
}

export interface SceneRounds {
  readonly rounds: number
  readonly warmUpRounds: number
}

/** Measures scenes in turn, so that what disturbs the machine disturbs all of them. */
export async function measureScenes (scenes: readonly Scene[], load: LoadGenerator, { rounds, warmUpRounds }: SceneRounds): Promise<SceneFigures[]> {
  const figures = scenes.map(({ title }) => ({ title, requestsPerSecond: [] as number[], p99: [] as number[] }))
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const index of orderOfRound(scenes.length, round)) {
      const { burst, around = async (send) => await send() } = scenes[index]!
      await around(async () => {
        const { milliseconds, p99 } = await sendBurst(load, burst)
        if (round < warmUpRounds) return
        figures[index]!.requestsPerSecond.push(burst.requests / milliseconds * 1000)
        figures[index]!.p99.push(p99)
      })
    }
  }
  return figures
}
