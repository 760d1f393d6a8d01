import { fileURLToPath } from 'node:url'

/** The directory of the benchmark, also for compiled files, which lie in its `dist/`. */
export const benchmark = new URL(import.meta.dirname.endsWith('dist') ? '../' : './', import.meta.url)

/** The path of one of its sites. */
export function siteRoot (name: string): string {
  return fileURLToPath(new URL(name, benchmark))
}
