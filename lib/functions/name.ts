const VALID_NAME = /^[A-Za-z0-9_-]+$/

/** Tells whether a function may have this name. */
export function isValidFunctionName (name: string): boolean {
  return VALID_NAME.test(name)
}
