import { extname } from 'node:path'
import type { CompressedFile } from '../../site/published-files.ts'

/** What @fastify/static gives to these files; it goes by the name, which for `app.js.br` says nothing. */
const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.htm', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'application/javascript; charset=utf-8'],
  ['.mjs', 'application/javascript; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.map', 'application/json; charset=utf-8'],
  ['.webmanifest', 'application/manifest+json'],
  ['.geojson', 'application/geo+json'],
  ['.jsonld', 'application/ld+json'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.csv', 'text/csv; charset=utf-8'],
  ['.md', 'text/markdown; charset=utf-8'],
  ['.vtt', 'text/vtt; charset=utf-8'],
  ['.ics', 'text/calendar; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.xml', 'application/xml'],
  ['.rss', 'application/rss+xml'],
  ['.atom', 'application/atom+xml'],
  ['.xhtml', 'application/xhtml+xml'],
  ['.wasm', 'application/wasm'],
  ['.ico', 'image/vnd.microsoft.icon'],
  ['.ttf', 'font/ttf'],
  ['.otf', 'font/otf'],
  ['.eot', 'application/vnd.ms-fontobject']
])

/** The content type of a file that may be sent compressed; `undefined` for all others. */
export function compressibleType (file: string): string | undefined {
  return TYPES.get(extname(file).toLowerCase())
}

/** The file that a client likes best of those that are compressed; `undefined` where it is none of them. */
export function chooseCompressed (acceptEncoding: string, files: readonly CompressedFile[]): CompressedFile | undefined {
  const qualities = readQualities(acceptEncoding)
  const qualityOf = (coding: string): number => qualities.get(coding) ?? qualities.get('*') ?? 0
  let best: CompressedFile | undefined
  for (const file of files) {
    const quality = qualityOf(file.encoding)
    if (quality > (best === undefined ? 0 : qualityOf(best.encoding)) && quality >= qualityOf('identity')) best = file
  }
  return best
}

/** `gzip;q=0.5, br`; what is no number counts as 0, which is a refusal. */
function readQualities (acceptEncoding: string): Map<string, number> {
  return new Map(acceptEncoding.split(',').map((item) => {
    const [coding = '', ...params] = item.split(';').map((text) => text.trim().toLowerCase())
    const quality = params.find((param) => param.startsWith('q='))
    return [coding, quality === undefined ? 1 : Number(quality.slice(2)) || 0]
  }))
}
