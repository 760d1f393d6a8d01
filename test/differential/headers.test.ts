import { join } from 'node:path'
import { parseAllHeaders, type Header } from '@netlify/headers-parser'
import fc from 'fast-check'
import t from 'tap'
import { readHeaderRules } from '../../lib/site/header-rules.ts'
import { createSite, writeFiles } from '../helper.ts'
import { documentedAnchors } from './differential.ts'

const SEED = 20261122
const RULE_SETS = 400
const PATHS = 15

/** The one difference that is meant: what an asterisk stands for. The paragraph of docs/compatibility.md defends it. */
const ANCHOR = 'header-wildcards'

const segment = fc.constantFrom('a', 'b', 'ab', 'a.css', 'index.html', '*', '*', '*.css', 'a*', '*b', 'a*b', ':x', ':name')
const rulePath = fc.tuple(fc.array(segment, { maxLength: 4 }), fc.boolean()).map(([segments, slash]) => `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`)
const header = fc.tuple(fc.constantFrom('X-A', 'X-B', 'Cache-Control', 'x-a'), fc.constantFrom('1', '2', 'max-age=0, no-store')).map(([name, value]) => `  ${name}: ${value}`)
const rule = fc.tuple(rulePath, fc.array(header, { minLength: 1, maxLength: 3 })).map(([path, headers]) => [path, ...headers])
const rules = fc.array(rule, { minLength: 1, maxLength: 4 }).map((list) => list.flat())
const path = fc.tuple(fc.array(fc.constantFrom('a', 'b', 'ab', 'A', 'a.css', 'aXcss', 'x', 'axb', 'index.html'), { maxLength: 4 }), fc.boolean()).map(([segments, slash]) => `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`)

t.test('rules give what Netlify\'s emulators give', async (t) => {
  const root = await createSite(t, {})
  const counted = { all: 0, ruled: 0, different: 0 }
  let sets = 0
  await fc.assert(fc.asyncProperty(rules, fc.array(path, { minLength: PATHS, maxLength: PATHS }), async (lines, paths) => {
    const publishDirectory = join(root, String(sets++))
    await writeFiles(publishDirectory, { _headers: lines.join('\n') })
    const { headers } = await parseAllHeaders({ headersFiles: [join(publishDirectory, '_headers')], configHeaders: [], minimal: false })
    const ours = await readHeaderRules({ publishDirectory, tomlHeaders: [], warn: (message) => { throw new Error(message) } })
    for (const path of paths) {
      const expected = emulate(headers as Header[], path)
      const actual = Object.fromEntries(ours!.headersFor(path))
      counted.all++
      if (Object.keys(expected).length > 0) counted.ruled++
      if (sorted(expected) === sorted(actual)) continue
      counted.different++
      const meant = emulate((headers as Header[]).map((rule) => ({ ...rule, forRegExp: exactExpression(rule.for) })), path)
      if (sorted(meant) !== sorted(actual)) throw new Error(JSON.stringify({ lines, path, expected, meant, actual }, null, 2))
    }
  }), { seed: SEED, numRuns: RULE_SETS })
  t.comment(`${counted.all} pairs compared, ${counted.ruled} of which a rule is for; ${counted.different} differ as documented`)
  t.ok(counted.ruled > 1000)
  t.ok(counted.different > 0, 'the known difference occurs')
})

t.test('the known difference is defended in docs/compatibility.md', async (t) => {
  t.ok((await documentedAnchors()).has(ANCHOR))
})

/** What both of their emulators do with the parsed rules; names mean the same in any case. */
function emulate (rules: readonly Header[], path: string): Record<string, string> {
  const applied: Record<string, string> = {}
  for (const { forRegExp, values } of rules) {
    const own: Record<string, string> = {}
    for (const [name, value] of Object.entries(values)) {
      const key = name.toLowerCase()
      own[key] = own[key] === undefined ? value : `${own[key]}, ${value}`
    }
    if (forRegExp.test(path)) Object.assign(applied, own)
  }
  return applied
}

/** Theirs, but an asterisk that is a whole segment needs a slash before what it stands for, and a dot is a dot. */
function exactExpression (path: string): RegExp {
  const parts = path.split('/').filter((part) => part !== '').map((part) => {
    if (part.startsWith(':')) return '/[^/]+'
    if (part === '*') return '(?:/.*)?'
    return `/${part.replaceAll('.', '\\.').replaceAll('*', '.*')}`
  })
  return new RegExp(`^${parts.join('')}/?$`, 'i')
}

function sorted (headers: Record<string, string>): string {
  return JSON.stringify(Object.entries(headers).sort())
}
