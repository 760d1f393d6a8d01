import { benchmark } from './directory.ts'

/** The plugin as it is published. */
export const { netlifyFunctions } = await import(new URL('../dist/index.js', benchmark).href) as typeof import('../dist/index.js')
