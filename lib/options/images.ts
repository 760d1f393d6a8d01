import { availableParallelism } from 'node:os'
import { isNumberOfThings } from './kinds.ts'
import { numbers } from './numbers.ts'

/** What `/.netlify/images` may use. */
export interface ImageOptions {
  /**
   * Bytes of transformed images, and of remote ones, that are kept in `.netlify/images-cache` below the root.
   * @default 268_435_456
   */
  cacheSize?: number
  /**
   * Images that are transformed at once. Each takes a processor and a thread of Node.js's pool.
   * @default half of the processors, at most 3
   */
  concurrency?: number
}

/** Every default of {@link ImageOptions}. */
export const defaultImages: Readonly<Required<ImageOptions>> = Object.freeze({
  cacheSize: 256 * 1024 * 1024,
  // Node.js's pool has four threads, which files and names are looked up in, too.
  concurrency: Math.max(1, Math.min(3, Math.floor(availableParallelism() / 2)))
})

/** @throws FST_NETLIFY_INVALID_OPTION */
export function resolveImages (images: ImageOptions | undefined): Readonly<Required<ImageOptions>> {
  return numbers('images', images, { ...defaultImages }, isNumberOfThings, 'must be a whole number of at least 1')
}
