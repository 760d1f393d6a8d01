import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createSite } from '../helper.ts'

const COUNT = 200

t.test('200 functions are served within the default pluginTimeout, built or from the cache', async (t) => {
  const root = await createSite(t, {
    'lib/greet.ts': 'import dep from "dep"\nexport enum Tone { Kind, Loud }\nexport const greet = (n: number, tone = Tone.Kind): string => `${dep} ${n} ${Tone[tone]}`', // eslint-disable-line no-template-curly-in-string
    'node_modules/dep/package.json': '{ "name": "dep" }',
    'node_modules/dep/index.js': 'module.exports = "Hello"',
    ...Object.fromEntries(Array.from({ length: COUNT }, (_, n) => [
      `netlify/functions/f${n}.${n % 2 === 0 ? 'mts' : 'cts'}`,
      `import { greet } from "../../lib/greet"\nexport default (request: Request): Response => new Response(greet(${n}) + new URL(request.url).search)\nexport const config = { path: "/f/${n}" }`
    ]))
  })

  for (const bundled of [COUNT, 0]) {
    const { logger, lines } = captureLog()
    const app = Fastify({ logger })
    t.teardown(() => app.close())
    const start = performance.now()
    await app.register(netlifyFunctions, { root })
    await app.ready()
    t.comment(`${bundled} of ${COUNT} bundled: ${Math.round(performance.now() - start)} ms`)

    t.match(lines.find(({ msg }) => msg === 'functions loaded'), { functions: COUNT, bundled })
    for (const n of [0, 1, COUNT - 2, COUNT - 1]) t.equal((await app.inject(`/f/${n}?a`)).body, `Hello ${n} Kind?a`)
    t.notOk(app.netlifyFunctions.functions.some(({ state }) => state === 'failed'))
  }
})
