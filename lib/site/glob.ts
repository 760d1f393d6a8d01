const BRACES = /\{([^{},]*(?:,[^{},]*)+)\}/
const TOKEN = /\*+|\?|\[[!^]?[^\]]+\]|./gs

/**
 * Compiles a glob for names without slashes and dots: `*`, `?`, `[a-z]`, `[!a-z]` and `{a,b}`. Node.js
 * has `path.matchesGlob`, but 22.13 prints a warning that it is experimental.
 */
export function compileGlob (glob: string): (name: string) => boolean {
  const expressions = expandBraces(glob).map(toRegExp)
  return (name) => expressions.some((expression) => expression.test(name))
}

/** The innermost braces first. */
function expandBraces (glob: string): string[] {
  const found = BRACES.exec(glob)
  if (found === null) return [glob]
  const [braces, options = ''] = found
  const before = glob.slice(0, found.index)
  const after = glob.slice(found.index + braces.length)
  return options.split(',').flatMap((option) => expandBraces(before + option + after))
}

function toRegExp (glob: string): RegExp {
  try {
    return new RegExp(`^${glob.replace(TOKEN, sourceOf)}$`)
  } catch {
    // A range such as `[z-a]` has nothing in it.
    return /(?!)/
  }
}

function sourceOf (token: string): string {
  if (token.startsWith('*')) return '.*'
  if (token === '?') return '.'
  if (token.length > 1) return token.replace(/\\/g, '\\\\').replace(/^\[[!^]/, '[^')
  return token.replace(/\W/, '\\$&')
}
