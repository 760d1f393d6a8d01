import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { contextCalls, rewriteCalls } from './cases/context.ts'
import { cookieCalls } from './cases/cookies.ts'
import { lambdaCalls } from './cases/lambda.ts'
import { paramsCalls } from './cases/params.ts'
import { requestCalls } from './cases/requests.ts'
import { responseCalls } from './cases/responses.ts'
import { createDifferential, documentedAnchors } from './differential.ts'
import { knownDifferences } from './known-differences.ts'
import { startRuntimes } from './runtimes.ts'
import { siteFiles } from './site-files.ts'

const groups = { requests: requestCalls, params: paramsCalls, responses: responseCalls, cookies: cookieCalls, context: contextCalls, lambda: lambdaCalls }

for (const lightObjects of [true, false]) {
  t.test(`a function sees and sends the same as in Netlify's production bootstrap, ${lightObjects ? 'with light objects' : 'with native objects'}`, async (t) => {
    const differential = createDifferential(await startRuntimes(t, siteFiles, { lightObjects }))
    const rewrites = rewriteCalls(await startUpstream(t))
    for (const [group, calls] of Object.entries({ ...groups, rewrites })) {
      await t.test(group, async (t) => {
        for (const call of calls) t.same(await differential.unexplained(call), [], call.title)
      })
    }
    t.comment(`${differential.compared} fixed calls compared`)
    t.ok(differential.compared >= 150)

    const unmet = knownDifferences.filter((known) => !differential.met.has(known))
    t.same(unmet.map(({ anchor }) => anchor), [], 'every known difference is met')
  })
}

t.test('every known difference is defended in docs/compatibility.md', async (t) => {
  const anchors = await documentedAnchors()
  for (const { anchor } of knownDifferences) t.ok(anchors.has(anchor), anchor)
})

/** A server that tells what it is asked for; gives its host and port. */
async function startUpstream (t: { teardown (tidy: () => unknown): void }): Promise<string> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain')
    response.end(`${request.method} ${request.url} ${Object.keys(request.headers).sort().join()}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
