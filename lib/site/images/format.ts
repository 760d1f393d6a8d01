/** The formats that are read and written. Others are refused before an image library sees them. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif'

export const SVG = 'svg'

const ELEMENT = /^\uFEFF?\s*(?:<\?xml[^>]*>\s*|<!--(?:[^-]|-(?!->))*-->\s*|<!DOCTYPE\s+svg\b[^>[]*(?:\[[^\]]*\]\s*)?>\s*)*<svg[\s>]/i
const SVG_START_BYTES = 4096

/** Tells what an image is by its first bytes, whatever its name or `content-type` says. */
export function formatOf (bytes: Buffer): ImageFormat | typeof SVG | undefined {
  if (bytes.length < 12) return undefined
  const start = bytes.toString('latin1', 0, 12)
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'gif'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'webp'
  if (start.slice(4, 8) === 'ftyp' && start.endsWith('avif')) return 'avif'
  return ELEMENT.test(bytes.toString('utf8', 0, SVG_START_BYTES)) ? SVG : undefined
}

/**
 * Chooses the format of an image whose request names none: webp, else avif, else the one it has. An animation stays
 * one, as avif has none here.
 *
 * @param accept header of the request
 */
export function negotiate (source: ImageFormat, accept: string | undefined): ImageFormat {
  if (accept === undefined) return source
  if (accepts(accept, 'image/webp')) return 'webp'
  return source !== 'gif' && accepts(accept, 'image/avif') ? 'avif' : source
}

/** Only by its name: a browser that sends a wildcard alone may know neither format. */
function accepts (accept: string, type: string): boolean {
  return accept.split(',').some((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    return name === type && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
  })
}
