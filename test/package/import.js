import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import plugin, { errors, netlifyFunctions } from 'fastify-netlify-functions'
import { queueConformance } from 'fastify-netlify-functions/queue/conformance'
import { memoryQueue } from 'fastify-netlify-functions/queue/memory'

assert.equal(typeof plugin, 'function')
assert.equal(netlifyFunctions, plugin)
assert.equal(new errors.FST_NETLIFY_TIMEOUT('hello', '10.00').statusCode, 504)
assert.equal(typeof queueConformance, 'function')
assert.equal(typeof memoryQueue, 'function')
assert.equal(createRequire(import.meta.url)('fastify-netlify-functions/package.json').name, 'fastify-netlify-functions')
await assert.rejects(import('fastify-netlify-functions/dist/plugin.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })

console.log('imported on Node.js', process.version)
