import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { createSite, writeFiles } from '../helper.ts'
import { documentedAnchors } from './differential.ts'
import { request, rules } from './redirects/generated.ts'
import { knownRedirectDifferences } from './redirects/known-differences.ts'
import { createOracle, createOurs, type RedirectRequest } from './redirects/verdict.ts'

const SEED = 20261122
const RULE_SETS = 500
const REQUESTS = 10

t.test('generated rules mean the same as to Netlify\'s own matcher', async (t) => {
  t.setTimeout(120_000)
  const root = await createSite(t, {})
  const compared = { all: 0, matched: 0, explained: 0 }
  await fc.assert(fc.asyncProperty(rules, fc.array(request, { minLength: REQUESTS, maxLength: REQUESTS }), async (lines, requests) => {
    for (const { matched, anchor } of await compare(root, lines, requests)) {
      compared.all++
      if (matched) compared.matched++
      if (anchor !== undefined) compared.explained++
    }
  }), { seed: SEED, numRuns: RULE_SETS })
  t.comment(`${compared.all} pairs compared, of which ${compared.matched} have a rule and ${compared.explained} a known difference`)
  t.ok(compared.matched >= 1500)
  t.ok(compared.explained < compared.matched / 5)
})

t.test('every known difference exists, and is defended in docs/compatibility.md', async (t) => {
  const root = await createSite(t, {})
  const documented = await documentedAnchors()
  for (const { anchor, example: [line, target] } of knownRedirectDifferences) {
    const [found] = await compare(root, line.split('\n'), [{ origin: 'http://site.example', target, language: 'fr;q=0.5, de', cookies: [], country: 'us', roles: undefined }])
    t.equal(found?.anchor, anchor)
    t.ok(documented.has(anchor), anchor)
  }
})

let files = 0

/** @throws what differs and is not known */
async function compare (root: string, lines: readonly string[], requests: readonly RedirectRequest[]): Promise<Array<{ matched: boolean, anchor: string | undefined }>> {
  const name = `${files++}/_redirects`
  await writeFiles(root, { [name]: lines.join('\n') })
  const [oracle, ours] = [createOracle(join(root, name)), await createOurs(join(root, name))]
  return await Promise.all(requests.map(async (request) => {
    const [expected, actual] = await Promise.all([oracle(request), ours(request)])
    const matched = expected.kind !== 'none'
    if (isDeepStrictEqual(expected, actual)) return { matched, anchor: undefined }
    const known = knownRedirectDifferences.find(({ covers }) => covers({ lines, request, oracle: expected, ours: actual }))
    if (known === undefined) throw new Error(JSON.stringify({ lines, request, oracle: expected, ours: actual }, null, 2))
    return { matched, anchor: known.anchor }
  }))
}
