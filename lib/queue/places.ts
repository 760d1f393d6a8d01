export interface PlacesOptions {
  /** Jobs run at once, at least 1. */
  readonly total: number
  /** Jobs of one function run at once; `Infinity` for no other limit than `total`. */
  readonly perFunction: number
  /** Whether jobs of several functions may come; a single one needs no place kept for others. */
  readonly shared: boolean
}

/** What the next claim may ask for. */
export interface Offer {
  readonly limit: number
  readonly except: readonly string[]
}

/**
 * The places in which a consumer runs jobs. The last fifth of them, at least one, is only for functions that have
 * no job running, so that the backlog of one function never holds them all.
 */
export class Places {
  readonly #options: PlacesOptions
  readonly #running = new Map<string, number>()
  #taken = 0

  /** @param options looked at anew for each offer, as the functions may change */
  constructor (options: PlacesOptions) {
    this.#options = options
  }

  get taken (): number {
    return this.#taken
  }

  /** Whichever jobs come of it, no limit is exceeded; `undefined` while none may come. */
  offer (): Offer | undefined {
    const { total, perFunction, shared } = this.#options
    const reserved = shared && total > 1 ? Math.max(1, Math.floor(total / 5)) : 0
    const free = total - this.#taken
    if (free <= 0) return undefined
    if (free <= reserved) return { limit: 1, except: [...this.#running.keys()] }
    const except: string[] = []
    let room = perFunction
    for (const [name, count] of this.#running) {
      if (count >= perFunction) except.push(name)
      else room = Math.min(room, perFunction - count)
    }
    return { limit: Math.min(free - reserved, room), except }
  }

  take (functionName: string): void {
    this.#taken++
    this.#running.set(functionName, (this.#running.get(functionName) ?? 0) + 1)
  }

  leave (functionName: string): void {
    const count = this.#running.get(functionName) ?? 0
    this.#taken--
    if (count > 1) this.#running.set(functionName, count - 1)
    else this.#running.delete(functionName)
  }
}
