const assert = require('node:assert/strict')
const Fastify = require('fastify')
const { default: plugin, errors, netlifyFunctions } = require('fastify-netlify-functions')
const { queueConformance } = require('fastify-netlify-functions/queue/conformance')
const { memoryQueue } = require('fastify-netlify-functions/queue/memory')

assert.equal(typeof plugin, 'function')
assert.equal(netlifyFunctions, plugin)
assert.equal(typeof errors.FST_NETLIFY_TIMEOUT, 'function')
assert.equal(typeof queueConformance, 'function')

const app = Fastify()
app.register(plugin, { root: __dirname, queue: memoryQueue() })
app.inject('/greet/Ada').then(async (response) => {
  assert.equal(response.body, 'Hello, Ada!')
  await app.close()
  console.log('required on Node.js', process.version)
})
