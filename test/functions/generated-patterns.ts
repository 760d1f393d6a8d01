/** Gives a whole number below the one it gets. */
export type Random = (below: number) => number

/** Writes a pattern that `URLPattern` may reject. */
export function generatePattern (random: Random): string {
  const pieces = [
    '/', '/', '/', 'a', 'b', 'ab', '-', '.', '/a', '/b', 'é', '%2F', ' ', '\\*', '\\:', ':x', '/:x', '/:y', '/:z', ':y', ':z', '*', '/*',
    '(\\d+)', '/(a|b)', ':x([ab]+)', ':y([ab]*)', '{a}?', '{/a}?', '{/:x}?', '{:y/}?', '{-:z}?', '{-:z}*', '{:z-}+', '{a/:x}+', '{a}+', '{/b}+', '{b/}?', '{b/}*', '{/a/}+', '{}?',
    '?', '+', '*', '{', '}', '(', ':'
  ]
  let pattern = '/'
  for (let length = 1 + random(5); length > 0; length--) pattern += pieces[random(random(4) === 0 ? pieces.length : pieces.length - 8)]
  return pattern.replaceAll(/([:{(][^/]*[a-z)}])(?=\/)/g, (piece) => piece + ['', '', '', '?', '+', '*'][random(6)])
}

/** Writes a path, often one that the pattern matches: canonical and without its trailing slash, as the route table passes it. */
export function generatePath (random: Random, pattern: string): string {
  const pieces = ['/', '/', 'a', 'b', 'A', '-', '.', '1', '*', ':', '/a', '/b', '/ab', '%C3%A9', '%2F', '%20', '/1']
  const piece = () => pieces[random(pieces.length)] ?? ''
  const path = random(2) === 0
    ? '/' + Array.from({ length: random(7) }, piece).join('')
    : pattern.replaceAll(/:\w+|\*|\([^)]*\)/g, piece).replaceAll(/\{[^}]*\}/g, (group) => random(2) === 0 ? '' : group).replaceAll(/[{}?+\\]/g, '')
  const canonical = new URL(`http://h${path}`).pathname
  return canonical.length > 1 && canonical.endsWith('/') ? canonical.slice(0, -1) : canonical
}

/** The same numbers in each run. */
export function createRandom (seed: number): Random {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
}

/** `undefined` for a pattern that `URLPattern` rejects. */
export function nativePattern (pathname: string): URLPattern | undefined {
  try {
    return new URLPattern({ pathname }, { ignoreCase: true })
  } catch {
    return undefined
  }
}

/** The groups that took part; `undefined` if the path does not match. */
export function groupsOf (native: URLPattern, path: string): Record<string, string> | undefined {
  const groups = native.exec(`http://h${path}`)?.pathname.groups
  return groups && Object.fromEntries(Object.entries(groups).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
