import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeSiteDirectory } from './generated-site.ts'

const NOTES = 'Buy milk\n'
/** The place of a rule decides which of them it is. */
const PATTERNS: ReadonlyArray<(number: number) => string> = [
  (number) => `/old/page-${number} /new/page-${number} 301`,
  (number) => `/shop/${number}/:category/:item /products/${number}?category=:category&item=:item 302`,
  (number) => `/docs/v${number}/* /manual/${number}/:splat 301`,
  (number) => `/:language/campaign-${number} /:language/offers/${number} 301`
]

/**
 * A site with a file that has two URLs. With redirect rules the second is a rewrite by the last of them, which no other
 * rule matches; without any it is another file.
 */
export function generateRuledSite (rules: number): string {
  const root = makeSiteDirectory()
  const published = join(root, 'public')
  mkdirSync(join(published, 'other'), { recursive: true })
  writeFileSync(join(root, 'netlify.toml'), '[build]\npublish = "public"\n')
  writeFileSync(join(published, 'notes.txt'), NOTES)
  if (rules === 0) {
    writeFileSync(join(published, 'other', 'notes.txt'), NOTES)
    return root
  }
  const lines = Array.from({ length: rules - 1 }, (_, index) => PATTERNS[index % PATTERNS.length]!(index))
  writeFileSync(join(published, '_redirects'), [...lines, '/other/* /:splat 200', ''].join('\n'))
  return root
}
