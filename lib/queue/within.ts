/** setTimeout fires at once when asked for more. */
export const LONGEST_TIMER: number = 2 ** 31 - 1

/** Gives what `work` gives, or `undefined` when it fails or takes longer. Never rejects. */
export async function within<Result> (milliseconds: number, work: Promise<Result>): Promise<Result | undefined> {
  const { promise, resolve } = Promise.withResolvers<Result | undefined>()
  const timer = milliseconds <= LONGEST_TIMER ? setTimeout(resolve, milliseconds, undefined) : undefined
  work.then(resolve, () => resolve(undefined))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
