/** What a function's `config` export may say, checked. See https://docs.netlify.com/build/functions/api/ */
export interface FunctionConfig {
  readonly path: readonly string[]
  readonly excludedPath: readonly string[]
  readonly method: readonly string[] | undefined
  readonly preferStatic: boolean
  readonly background: boolean
  /** Milliseconds; `undefined` leaves it to the site's `limits`. */
  readonly timeout: number | undefined
}
