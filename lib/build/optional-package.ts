import { FST_NETLIFY_MISSING_PACKAGE } from '../errors.ts'

/** Makes sure that a package is there which a key of `config` needs. @throws FST_NETLIFY_MISSING_PACKAGE */
export function requirePackage (key: string, name: string): void {
  try {
    import.meta.resolve(name)
  } catch (error) {
    throw new FST_NETLIFY_MISSING_PACKAGE(key, name, name, { cause: error })
  }
}
