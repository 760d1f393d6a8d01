import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import { listen, type BenchServer } from '../server.ts'

// Compiled, this file lies one directory deeper. The plugin is measured as it is published.
const { netlifyFunctions } = await import(new URL('../../../dist/index.js', import.meta.url).href) as typeof import('../../dist/index.js')

export const server: BenchServer = {
  title: '**fastify-netlify-functions**',
  async start () {
    const app = Fastify()
    await app.register(netlifyFunctions, { root: fileURLToPath(new URL('../../site', import.meta.url)) })
    return await listen(app)
  }
}
