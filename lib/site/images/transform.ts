import { createRequire } from 'node:module'
import { FST_NETLIFY_IMAGES_UNAVAILABLE, FST_NETLIFY_INVALID_IMAGE, FST_NETLIFY_MISSING_PACKAGE } from '../../errors.ts'
import { blurhashOf } from './blurhash.ts'
import type { ImageFormat } from './format.ts'
import type { ImageRequest } from './request.ts'

/** Makes of an image what a request asks for. @throws FST_NETLIFY_INVALID_IMAGE, FST_NETLIFY_IMAGES_UNAVAILABLE */
export type Transform = (source: Buffer, request: ImageRequest, format: ImageFormat | 'blurhash') => Promise<Buffer>

/** What is needed of the package `ipx`. */
export interface Ipx {
  createIPX: (options: IpxOptions) => (id: string, modifiers: Record<string, string>, storage: Record<string, unknown>) => { process: () => Promise<{ data: Buffer | string | Uint8Array }> }
}

interface IpxOptions {
  readonly storage: { name: string, getMeta: () => object, getData: (id: string, options?: Record<string, unknown>) => ArrayBuffer }
  readonly svgo: false
  readonly sharpOptions: object
}

interface Size {
  readonly width: number
  readonly height: number
}

/** What is needed of the package `sharp`, which ipx brings along. */
type Sharp = (source: Buffer, options: object) => {
  metadata: () => Promise<{ autoOrient: Size, pages?: number }>
  resize: (width: number, height: number, options: object) => ReturnType<Sharp>
  toColourspace: (name: string) => ReturnType<Sharp>
  removeAlpha: () => ReturnType<Sharp>
  raw: () => ReturnType<Sharp>
  toBuffer: (options: { resolveWithObject: true }) => Promise<{ data: Buffer, info: { width: number, height: number, channels: number } }>
}

/** A few kilobytes can unpack to gigabytes of pixels. */
const MAX_SOURCE_PIXELS = 64_000_000
/** Of a result whose encoder needs half a second of a processor for a million pixels, and cannot be stopped. */
const MAX_SLOW_PIXELS = 32_000_000
const MAX_SECONDS = 30
/** Of 0 to 9. The default, 4, takes five times as long for files that are a fifth smaller (measured). */
const AVIF_EFFORT = 2
/** Pixels that a blurhash is made of; it shows no more. */
const BLURHASH_SIDE = 32
/** Of the others, png would lose colours, and gif has no quality. */
const LOSSY = new Set(['jpeg', 'webp', 'avif'])
const ANIMATED = new Set(['webp', 'gif'])
const SLOW = new Set(['avif', 'gif'])

const INPUT = { limitInputPixels: MAX_SOURCE_PIXELS, autoOrient: true, failOn: 'error' }

/**
 * Loads what transforms images.
 *
 * @param load stands for `import('ipx')`
 * @throws FST_NETLIFY_MISSING_PACKAGE
 */
export async function loadTransform (load: () => Promise<Ipx> = loadIpx): Promise<Transform> {
  const { createIPX } = await load().catch((error: Error) => {
    throw new FST_NETLIFY_MISSING_PACKAGE('/.netlify/images', 'ipx', 'ipx', { cause: error })
  })
  const ipx = createIPX({
    storage: { name: 'bytes', getMeta: () => ({}), getData: (_id, options) => options?.bytes as ArrayBuffer },
    svgo: false,
    // ipx hands on what sharp sets by methods, too, such as `sharp.timeout()`.
    sharpOptions: { ...INPUT, timeoutSeconds: MAX_SECONDS, heifEffort: AVIF_EFFORT, jpegProgressive: true }
  })

  return async function transform (source, request, format) {
    try {
      if (format === 'blurhash') return await blurhash(source)
      const size = await sizeOf(source, request, format)
      // A copy of its own, as a small buffer is a part of a larger one.
      const { data } = await ipx('image', { ...modifiersOf(request, format), ...size }, { bytes: new Uint8Array(source).buffer }).process()
      return Buffer.from(data as Uint8Array)
    } catch (error) {
      if (error instanceof FST_NETLIFY_INVALID_IMAGE) throw error
      const { message, code } = error as NodeJS.ErrnoException
      if (code === 'MODULE_NOT_FOUND' || message.startsWith('Could not load the "sharp" module')) throw new FST_NETLIFY_IMAGES_UNAVAILABLE({ cause: error })
      throw new FST_NETLIFY_INVALID_IMAGE(request.url, firstLine(message), { cause: error })
    }
  }
}

async function loadIpx (): Promise<Ipx> {
  return await import('ipx') as unknown as Ipx
}

/** In the words of ipx, where it has one that means the same. */
function modifiersOf ({ quality }: ImageRequest, format: ImageFormat): Record<string, string> {
  const modifiers: Record<string, string> = { f: format }
  if (LOSSY.has(format)) modifiers.quality = String(quality)
  if (ANIMATED.has(format)) modifiers.animated = ''
  return modifiers
}

/** What is cut or stretched has exactly the size that was asked for; what is contained in it never grows. */
async function sizeOf (source: Buffer, { url, width, height, fit, position }: ImageRequest, format: ImageFormat): Promise<Record<string, string>> {
  const { autoOrient: own, pages = 1 } = await loadSharp()(source, INPUT).metadata()
  const exact = fit !== 'contain' && width !== undefined && height !== undefined
  const scale = Math.min(1, (width ?? Infinity) / own.width, (height ?? Infinity) / own.height)
  const pixels = (exact ? width * height : own.width * own.height * scale ** 2) * (ANIMATED.has(format) ? pages : 1)
  if (SLOW.has(format) && pixels > MAX_SLOW_PIXELS) {
    throw new FST_NETLIFY_INVALID_IMAGE(url, `as ${format} it would have more than ${MAX_SLOW_PIXELS} pixels; ask for fewer with w or h`)
  }
  if (exact) return { resize: `${width}x${height}`, fit, position, enlarge: '' }
  // ipx would first shrink a frame to the image, and then the image into the frame, so it gets one side.
  if (scale === 1) return {}
  return (width ?? Infinity) / own.width <= (height ?? Infinity) / own.height ? { width: String(width) } : { height: String(height) }
}

async function blurhash (source: Buffer): Promise<Buffer> {
  const { data, info } = await loadSharp()(source, INPUT).resize(BLURHASH_SIDE, BLURHASH_SIDE, { fit: 'inside' })
    .toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return Buffer.from(blurhashOf(data, info))
}

function loadSharp (): Sharp {
  return createRequire(import.meta.resolve('ipx'))('sharp') as Sharp
}

function firstLine (text: string): string {
  return text.split('\n', 1)[0]!
}
