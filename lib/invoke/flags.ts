/** `context.flags`, which Netlify does not document: feature flags of its platform. There are none here. */
export interface Flags {
  get (name: string): unknown
  /** The names of flags that were there and have been read. */
  readonly evaluations: Set<string>
}

class NoFlags implements Flags {
  #evaluations: Set<string> | undefined = undefined

  get (_name: string): undefined {}

  get evaluations (): Set<string> {
    this.#evaluations ??= new Set()
    return this.#evaluations
  }
}

export function createFlags (): Flags {
  return new NoFlags()
}
