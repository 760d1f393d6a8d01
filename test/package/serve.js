import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import netlifyFunctions from 'fastify-netlify-functions'

const { URLPattern } = globalThis
const app = Fastify()
await app.register(netlifyFunctions, { root: import.meta.dirname })
const origin = await app.listen({ port: 0, host: '127.0.0.1' })

const greeting = await fetch(`${origin}/greet/Ada`)
assert.equal(await greeting.text(), 'Hello, Ada!')
assert.equal(greeting.status, 200)

const price = await fetch(`${origin}/.netlify/functions/price`, { method: 'POST', body: '{"amount":3}' })
assert.deepEqual(await price.json(), { price: '3.00 €' })

const { promise: hasRun, resolve } = Promise.withResolvers()
app.netlifyFunctions.on('job', ({ type }) => { if (type === 'succeeded' || type === 'failed') resolve(type) })
const accepted = await fetch(`${origin}/.netlify/functions/note-background`, { method: 'POST', body: 'milk' })
assert.equal(accepted.status, 202)
assert.equal(await accepted.text(), '')
assert.equal(await hasRun, 'succeeded')
assert.equal(await readFile(join(import.meta.dirname, 'netlify/functions/note.txt'), 'utf8'), 'milk')

assert.equal(globalThis.URLPattern, URLPattern, 'no global is added')
await app.close()
console.log('served on Node.js', process.version, URLPattern ? 'with its own URLPattern' : 'without a URLPattern')
