import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ConformanceCases } from './case.ts'
import { claim, claimOne } from './claims.ts'
import { enqueue, given, newJob } from './jobs.ts'

const UNICODE = 'Zoë · e\u0301 · 日本語 · עברית · 🎉👩‍👩‍👧'

/** That a job arrives as it was sent. */
export const fidelity: ConformanceCases = {
  async 'enqueue resolves with the id, and the job is as it was given' (driver) {
    const job = newJob('one', { function: 'naïve-日本', deployId: 'deploy', ip: '::1', params: { name: 'Zoë%20' } })
    assert.equal(await driver.enqueue(job), 'one')
    const { job: claimed } = await claimOne(driver)
    assert.deepEqual(given(claimed), given(job))
    assert.equal(claimed.state, 'running')
    assert.equal(claimed.attempt, 1)
    assert.equal(claimed.finishedAt, undefined)
    assert.equal(claimed.error, undefined)
  },

  async 'a body of 256 KB and headers beyond ASCII arrive as sent' (driver) {
    const body = new Uint8Array(randomBytes(256 * 1024))
    const headers = { 'x-name': 'Zoë · 日本語 · 🎉', 'x-quote': '"\\\'\n\u0001' }
    await driver.enqueue({ ...newJob('one'), request: { method: 'PUT', url: 'http://localhost/ü?q=%00', headers, body } })
    const { request } = (await claimOne(driver)).job
    assert.equal(request.method, 'PUT')
    assert.equal(request.url, 'http://localhost/ü?q=%00')
    assert.deepEqual({ ...request.headers }, headers)
    assert.ok(request.body && Buffer.from(request.body).equals(body), 'the body has changed')
  },

  async 'every text may have any character' (driver) {
    const texts = { function: UNICODE, deployId: UNICODE, requestId: UNICODE, route: `/${UNICODE}`, params: { [UNICODE]: UNICODE } }
    const request = { method: 'POST', url: `http://localhost/${UNICODE}`, headers: { [UNICODE]: UNICODE }, body: Buffer.from(UNICODE) }
    const job = newJob(UNICODE, { ...texts, request, sealedHeaders: UNICODE, uniqueKey: `key ${UNICODE}` })
    assert.equal(await driver.enqueue(job), UNICODE)
    assert.equal(await driver.enqueue({ ...job, id: 'other' }), UNICODE)
    const held = await claimOne(driver)
    assert.deepEqual(given(held.job), given(job))
    const error = `${UNICODE} \0 \u001b[31m\n    at "${UNICODE}"`
    await driver.settle(held, { outcome: 'failed', error })
    const [listed] = await driver.list({ id: UNICODE, function: UNICODE })
    assert.ok(listed)
    assert.deepEqual(given(listed), given(job))
    assert.equal(listed.error, error)
  },

  async 'sealed headers are kept as they are, for each attempt and each look' (driver) {
    const sealedHeaders = `${randomBytes(2_000).toString('base64')}:"'\\`
    await driver.enqueue(newJob('sealed', { sealedHeaders }))
    await driver.enqueue(newJob('open'))
    const [sealed, open] = await claim(driver, { limit: 2 })
    assert.equal(sealed?.job.sealedHeaders, sealedHeaders)
    assert.ok(open)
    assert.equal(open.job.sealedHeaders, undefined)
    await driver.settle(sealed, { outcome: 'released' })
    assert.equal((await claimOne(driver)).job.sealedHeaders, sealedHeaders)
    assert.equal((await driver.list({ id: 'sealed' }))[0]?.sealedHeaders, sealedHeaders)
  },

  async 'a body that is a part of something larger arrives without the rest' (driver) {
    const buffer = new Uint8Array(randomBytes(10_000))
    const { request } = newJob('')
    const parts = [buffer.subarray(0, 10), buffer.subarray(10, 5_000), buffer.subarray(9_999)]
    const jobs = parts.map((body, index) => newJob(`part-${index}`, { request: { ...request, body } }))
    await Promise.all(jobs.map((job) => driver.enqueue(job)))
    for (const [index, body] of parts.entries()) {
      const [job] = await driver.list({ id: `part-${index}` })
      assert.ok(job?.request.body && Buffer.from(job.request.body).equals(body), 'the body has changed')
    }
  },

  async 'no route, no body and an empty body stay what they are' (driver) {
    const { request } = newJob('')
    await driver.enqueue({ ...newJob('none', { route: undefined }), request: { ...request, body: null } })
    await driver.enqueue({ ...newJob('empty'), request: { ...request, body: new Uint8Array() } })
    const [none, empty] = await claim(driver, { limit: 2 })
    assert.ok(none && none.job.request.body === null)
    assert.equal(none.job.route, undefined)
    assert.equal(empty?.job.request.body?.byteLength, 0)
  },

  async 'an attempt that writes into its body does not change the next one' (driver) {
    await enqueue(driver, 'one')
    const held = await claimOne(driver)
    held.job.request.body?.fill(0)
    await driver.settle(held, { outcome: 'retry', runAt: Date.now(), error: 'boom' })
    assert.deepEqual(given((await claimOne(driver)).job), given(newJob('one')))
  }
}
