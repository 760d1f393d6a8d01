import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { Job, NewJob } from '../../lib/queue/driver.ts'
import { createHeaderSeal, readSealKeys } from '../../lib/queue/sealed-headers.ts'
import { job } from './consumer-bench.ts'

const names = ['authorization', 'cookie']
const headers = { accept: '*/*', cookie: 'ü=☂', host: 'localhost', authorization: 'Bearer x', 'x-last': '' }

function call (id = 'one'): NewJob {
  const given = job(id)
  return { ...given, request: { ...given.request, headers } }
}

function keys (...texts: string[]): NonNullable<ReturnType<typeof readSealKeys>> {
  return readSealKeys(texts.join(','))!
}

/** As a driver gives it back. */
function stored (job: NewJob): Job {
  return { sealedHeaders: undefined, ...job, state: 'running', attempt: 1, enqueuedAt: 0, runAt: 0, finishedAt: undefined, error: undefined }
}

t.test('secret headers are encrypted, and come back in the order in which they were sent', async (t) => {
  const seal = createHeaderSeal(names, keys(randomBytes(32).toString('hex')))
  t.equal(seal.encrypts, true)
  const sealed = seal.seal(call())
  t.strictSame(sealed.request.headers, { accept: '*/*', host: 'localhost', 'x-last': '' })
  t.type(sealed.sealedHeaders, 'string')
  t.notOk(/Bearer|cookie/.test(JSON.stringify(sealed) + Buffer.from(sealed.sealedHeaders!, 'base64').toString('latin1')))
  t.equal(JSON.stringify(seal.open(stored(sealed))), JSON.stringify(headers))
  t.not(seal.seal(call()).sealedHeaders, sealed.sealedHeaders, 'each time otherwise')
})

t.test('a call without secret headers, or without a key, is stored as it is', async (t) => {
  const seal = createHeaderSeal(['x-token'], keys(randomBytes(32).toString('hex')))
  t.equal(seal.seal(call()).sealedHeaders, undefined)
  t.strictSame(seal.open(stored(seal.seal(call()))), headers)
  const plain = createHeaderSeal(names, [])
  t.equal(plain.encrypts, false)
  t.strictSame(plain.seal(call()), call())
  t.strictSame(plain.open(stored(call())), headers)
})

t.test('of several keys the first encrypts, and all decrypt', async (t) => {
  const [old, young] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64url')]
  const sealed = stored(createHeaderSeal(names, keys(old)).seal(call()))
  const both = createHeaderSeal(names, keys(young, old))
  t.strictSame(both.open(sealed), headers)
  const anew = stored(both.seal(call()))
  t.strictSame(createHeaderSeal(names, keys(young)).open(anew), headers)
  t.throws(() => createHeaderSeal(names, keys(old)).open(anew), { code: 'FST_NETLIFY_JOB_NOT_RUN', message: /none of the keys/ })
  t.throws(() => createHeaderSeal(names, []).open(anew), { code: 'FST_NETLIFY_JOB_NOT_RUN', message: /neither NETLIFY_QUEUE_KEY nor/ })
})

t.test('what was changed, or belongs to another job, is not opened', async (t) => {
  const seal = createHeaderSeal(names, keys(randomBytes(32).toString('hex')))
  const sealed = stored(seal.seal(call()))
  const bytes = Buffer.from(sealed.sealedHeaders!, 'base64')
  t.throws(() => seal.open({ ...sealed, id: 'two' }), { code: 'FST_NETLIFY_JOB_NOT_RUN' })
  for (const index of [0, 12, 28, bytes.length - 1]) {
    const changed = Buffer.from(bytes)
    changed[index]! ^= 1
    t.throws(() => seal.open({ ...sealed, sealedHeaders: changed.toString('base64') }), { code: 'FST_NETLIFY_JOB_NOT_RUN' }, `byte ${index}`)
  }
  for (const text of ['', '?', bytes.subarray(0, 27).toString('base64')]) {
    t.throws(() => seal.open({ ...sealed, sealedHeaders: text }), { code: 'FST_NETLIFY_JOB_NOT_RUN' })
  }
})

t.test('what is shown of a job has no secrets, encrypted or not', async (t) => {
  const seal = createHeaderSeal(names, keys(randomBytes(32).toString('hex')))
  for (const shown of [seal.conceal(stored(call())), seal.conceal(stored(seal.seal(call())))]) {
    t.strictSame(shown.request.headers, { accept: '*/*', host: 'localhost', 'x-last': '' })
    t.equal(shown.sealedHeaders, undefined)
  }
})

t.test('a key is 32 bytes in hex or base64', async (t) => {
  const bytes = randomBytes(32)
  for (const text of [bytes.toString('hex'), bytes.toString('hex').toUpperCase(), bytes.toString('base64'), bytes.toString('base64').slice(0, 43), bytes.toString('base64url')]) {
    t.ok(readSealKeys(text)?.[0]?.export().equals(bytes), text.length.toString())
  }
  t.equal(readSealKeys(` ${bytes.toString('hex')} , ${bytes.toString('base64')} `)?.length, 2)
  for (const text of ['', 'password', bytes.subarray(1).toString('hex'), bytes.toString('base64').slice(4), `${bytes.toString('hex')},`, `${bytes.toString('hex')}0`]) {
    t.equal(readSealKeys(text), undefined, text)
  }
})
