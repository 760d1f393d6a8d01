import { argv } from 'node:process'
import Fastify from 'fastify'
import { listen } from './server.ts'

// Serves the site of the first argument. The process ends with its runner.
process.on('disconnect', () => process.exit())

// Compiled, this file lies one directory deeper.
const { netlifyFunctions } = await import(new URL('../../dist/index.js', import.meta.url).href) as typeof import('../dist/index.js')

const app = Fastify()
await app.register(netlifyFunctions, { root: argv[2] ?? '' })
process.send?.(await listen(app))
