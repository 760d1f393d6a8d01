import { setTimeout as sleep } from 'node:timers/promises'
import type { Link } from './link.ts'

const PAUSE_AFTER_ERROR = 200

export interface BellOptions {
  readonly link: Link
  /** Whether somebody waits for the bell. */
  readonly needed: () => boolean
  readonly ring: () => void
  /** Functions whose new jobs nobody waits for. */
  readonly ignores: (functionName: string) => boolean
}

/** Follows the changes of a queue. */
export interface Bell {
  readonly listening: boolean
  /** Resolves when nothing that happens from now on is missed. */
  listen (): Promise<void>
}

/** Makes a bell that listens while it is needed and rings when there may be something to claim. */
export function createBell ({ link, needed, ring, ignores }: BellOptions): Bell {
  let listening: Promise<void> | undefined

  return {
    get listening () {
      return listening !== undefined
    },

    async listen () {
      listening ??= start()
      await listening
    }
  }

  async function start (): Promise<void> {
    try {
      hear(await link.use((store) => store.mark()))
    } catch (error) {
      listening = undefined
      throw error
    }
  }

  async function hear (mark: string): Promise<void> {
    let place = mark
    try {
      while (needed()) {
        const store = await link.open()
        const { last, reasons } = await store.changes(place)
        place = last
        if (reasons.some((name) => name === undefined || !ignores(name))) ring()
      }
      listening = undefined
    } catch {
      listening = undefined
      // Whoever waits finds out by a claim whether the server is there again.
      await sleep(PAUSE_AFTER_ERROR)
      ring()
    }
  }
}
