import { FST_NETLIFY_INVALID_IMAGE_PARAMETER, FST_NETLIFY_INVALID_IMAGE_REQUEST } from '../../errors.ts'

/** What a query of `/.netlify/images` asks for. */
export interface ImageRequest {
  /** The source as the query names it. */
  readonly url: string
  readonly width: number | undefined
  readonly height: number | undefined
  readonly fit: Fit
  readonly position: string
  /** `undefined` leaves the choice to the `accept` header. */
  readonly format: RequestedFormat | undefined
  readonly quality: number
}

export type Fit = 'contain' | 'cover' | 'fill'
export type RequestedFormat = 'avif' | 'jpeg' | 'png' | 'webp' | 'gif' | 'blurhash'

/** Beyond the widest image that a framework asks for by itself (Astro: 6016 pixels). */
const MAX_SIDE = 8192
/** Pixels of an image that is cut or stretched to its exact size, and so may be larger than its source. */
const MAX_EXACT_PIXELS = 40_000_000
const MAX_URL_LENGTH = 4096
const DEFAULT_QUALITY = 75

const FITS: readonly Fit[] = ['contain', 'cover', 'fill']
const POSITIONS = ['center', 'top', 'bottom', 'left', 'right']
const FORMATS = new Map<string, RequestedFormat>([
  ['avif', 'avif'], ['jpg', 'jpeg'], ['jpeg', 'jpeg'], ['png', 'png'], ['webp', 'webp'], ['gif', 'gif'], ['blurhash', 'blurhash']
])
const WHOLE_NUMBER = /^\d{1,5}$/

/**
 * Reads the query of an image, by Netlify's rules: a bad value of a transformation is a 404.
 *
 * @param search with or without its question mark
 * @throws FST_NETLIFY_INVALID_IMAGE_REQUEST, FST_NETLIFY_INVALID_IMAGE_PARAMETER
 */
export function readImageRequest (search: string): ImageRequest {
  const query = new URLSearchParams(search)
  const url = query.get('url') ?? ''
  if (url === '') throw new FST_NETLIFY_INVALID_IMAGE_REQUEST('the parameter "url" must name the source')
  if (url.length > MAX_URL_LENGTH) throw new FST_NETLIFY_INVALID_IMAGE_REQUEST(`the parameter "url" must have at most ${MAX_URL_LENGTH} characters`)

  const width = number(query, ['w', 'width'], MAX_SIDE)
  const height = number(query, ['h', 'height'], MAX_SIDE)
  const fit = choice(query, 'fit', FITS) ?? 'contain'
  if (fit !== 'contain' && (width ?? 0) * (height ?? 0) > MAX_EXACT_PIXELS) {
    throw new FST_NETLIFY_INVALID_IMAGE_PARAMETER('fit', `${fit} makes at most ${MAX_EXACT_PIXELS} pixels`)
  }
  const format = choice(query, 'fm', [...FORMATS.keys()])
  return {
    url,
    width,
    height,
    fit,
    position: choice(query, 'position', POSITIONS) ?? 'center',
    format: format === undefined ? undefined : FORMATS.get(format),
    quality: number(query, ['q', 'quality'], 100) ?? DEFAULT_QUALITY
  }
}

/** Netlify's emulators know the long names, too. */
function number (query: URLSearchParams, names: readonly string[], max: number): number | undefined {
  const value = names.map((name) => query.get(name)).find(Boolean)
  if (value === undefined || value === null) return undefined
  const parsed = WHOLE_NUMBER.test(value) ? Number(value) : 0
  if (parsed >= 1 && parsed <= max) return parsed
  throw new FST_NETLIFY_INVALID_IMAGE_PARAMETER(names[0]!, `must be a whole number from 1 to ${max}`)
}

function choice<Value extends string> (query: URLSearchParams, name: string, values: readonly Value[]): Value | undefined {
  const given = query.get(name)
  if (given === null || given === '') return undefined
  const found = values.find((value) => value === given)
  if (found !== undefined) return found
  throw new FST_NETLIFY_INVALID_IMAGE_PARAMETER(name, `must be one of ${values.join(', ')}`)
}
