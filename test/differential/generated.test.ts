import fc from 'fast-check'
import t from 'tap'
import { createDifferential } from './differential.ts'
import type { Call } from './exchange.ts'
import { cookieUse } from './generated/cookies.ts'
import { lambdaCall, requestCall } from './generated/requests.ts'
import { responseCall } from './generated/responses.ts'
import { startRuntimes } from './runtimes.ts'
import { siteFiles } from './site-files.ts'

const SEED = 20261122

for (const lightObjects of [true, false]) {
  t.test(`whatever is sent and whatever is returned, it is the same as in Netlify's production bootstrap, ${lightObjects ? 'with light objects' : 'with native objects'}`, async (t) => {
    t.setTimeout(120_000)
    const differential = createDifferential(await startRuntimes(t, siteFiles, { lightObjects }))
    await t.test('requests', async () => { await check(requestCall, 800) })
    await t.test('requests of the Lambda form', async () => { await check(lambdaCall, 300) })
    await t.test('changes of cookies', async () => { await check(cookieUse, 500) })
    await t.test('responses', async () => { await check(responseCall, 500) })
    t.comment(`${differential.compared} generated calls compared`)
    t.ok(differential.compared >= 2000)

    async function check (calls: fc.Arbitrary<Call>, numRuns: number): Promise<void> {
      await fc.assert(fc.asyncProperty(calls, async (call) => {
        const unexplained = await differential.unexplained(call)
        if (unexplained.length > 0) throw new Error(JSON.stringify(unexplained, null, 2))
      }), { seed: SEED, numRuns })
    }
  })
}
