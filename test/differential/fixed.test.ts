import t from 'tap'
import { cookieCalls } from './cases/cookies.ts'
import { paramsCalls } from './cases/params.ts'
import { requestCalls } from './cases/requests.ts'
import { responseCalls } from './cases/responses.ts'
import { createDifferential, documentedAnchors } from './differential.ts'
import { knownDifferences } from './known-differences.ts'
import { startRuntimes } from './runtimes.ts'
import { siteFiles } from './site-files.ts'

const groups = { requests: requestCalls, params: paramsCalls, responses: responseCalls, cookies: cookieCalls }

t.test('a function sees and sends the same as in Netlify\'s production bootstrap', async (t) => {
  const differential = createDifferential(await startRuntimes(t, siteFiles))
  for (const [group, calls] of Object.entries(groups)) {
    await t.test(group, async (t) => {
      for (const call of calls) t.same(await differential.unexplained(call), [], call.title)
    })
  }
  t.comment(`${differential.compared} fixed calls compared`)
  t.ok(differential.compared >= 150)

  const unmet = knownDifferences.filter((known) => !differential.met.has(known))
  t.same(unmet.map(({ anchor }) => anchor), [], 'every known difference is met')
})

t.test('every known difference is defended in docs/compatibility.md', async (t) => {
  const anchors = await documentedAnchors()
  for (const { anchor } of knownDifferences) t.ok(anchors.has(anchor), anchor)
})
