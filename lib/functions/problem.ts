/** What is wrong in which place of the user's code. */
export interface Problem {
  readonly message: string
  /** Absolute path. */
  readonly file: string
  /** The first is 1. */
  readonly line: number
  /** In characters of the line; the first is 1. */
  readonly column: number
  /** How many characters are wrong; 0 where nobody knows. */
  readonly length: number
}

const problems = new WeakMap<Error, readonly Problem[]>()

/** Remembers the places that an error is about, for whoever shows it; gives the error. */
export function locate<Located extends Error> (error: Located, found: readonly Problem[]): Located {
  if (found.length > 0) problems.set(error, found)
  return error
}

/** The places that an error is about; none where it has not been found out. */
export function problemsOf (error: Error): readonly Problem[] {
  return problems.get(error) ?? []
}
