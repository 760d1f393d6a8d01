import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { createSite, isolation, type SiteFiles } from '../helper.ts'

const installed = join(import.meta.dirname, '../../node_modules/@netlify/functions')
const handler = 'async () => ({ statusCode: 200 })'

/** A site that has @netlify/functions installed. */
async function boot (t: Test, files: SiteFiles): Promise<FastifyInstance> {
  const root = await createSite(t, files)
  await mkdir(join(root, 'node_modules/@netlify'), { recursive: true })
  await symlink(installed, join(root, 'node_modules/@netlify/functions'), 'dir')
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, isolation })
  return app
}

function schedules (app: FastifyInstance): Record<string, unknown> {
  return Object.fromEntries(app.netlifyFunctions.functions.map(({ name, kind, schedule, error }) => [name, error?.message ?? `${kind} ${schedule}`]))
}

t.test('the expression is read from the source, however the helper is imported and called', async (t) => {
  const app = await boot(t, {
    'netlify/functions/guide.ts': `import { schedule, type Handler } from '@netlify/functions'
      // schedule('@hourly', unused)
      const work: Handler = ${handler}
      export const handler = schedule('@daily', work)`,
    'netlify/functions/renamed.mjs': `import { builder, schedule as at } from "@netlify/functions"; const handler = at("0 5 * * *", ${handler}); export { handler }`,
    'netlify/functions/constant.mts': `import { schedule } from '@netlify/functions'
      const EVERY_HOUR: string = '0 * * * *' as const
      export const handler = schedule(
        // on the hour
        EVERY_HOUR,
        ${handler}
      )`,
    'netlify/functions/template.mts': `import { schedule } from '@netlify/functions'; export const handler = schedule(\`@weekly\`, ${handler})`,
    'netlify/functions/whole.mjs': `import * as functions from '@netlify/functions'; export const handler = functions.schedule('1 * * * *', ${handler})`,
    'netlify/functions/required.cjs': `const { schedule } = require('@netlify/functions'); exports.handler = schedule('2 * * * *', ${handler})`,
    'netlify/functions/required-renamed.cjs': `const { schedule: at } = require('@netlify/functions'); module.exports.handler = at('3 * * * *', ${handler})`,
    'netlify/functions/required-whole.cjs': `const functions = require('@netlify/functions'); module.exports = { handler: functions.schedule('4 * * * *', ${handler}) }`,
    'netlify/functions/taken-out.cjs': `const schedule = require('@netlify/functions').schedule; exports.handler = schedule('5 * * * *', ${handler})`,
    'netlify/functions/chained.cjs': `exports.handler = require('@netlify/functions').schedule('6 * * * *', ${handler})`
  })
  t.strictSame(schedules(app), {
    guide: 'scheduled @daily',
    renamed: 'scheduled 0 5 * * *',
    constant: 'scheduled 0 * * * *',
    template: 'scheduled @weekly',
    whole: 'scheduled 1 * * * *',
    required: 'scheduled 2 * * * *',
    'required-renamed': 'scheduled 3 * * * *',
    'required-whole': 'scheduled 4 * * * *',
    'taken-out': 'scheduled 5 * * * *',
    chained: 'scheduled 6 * * * *'
  })
})

t.test('the handler gets Netlify\'s event', async (t) => {
  const app = await boot(t, {
    'netlify/functions/nightly.mjs': `import { schedule } from '@netlify/functions'
      export const handler = schedule('@daily', async (event) => {
        globalThis.nightlyEvent = event
        return { statusCode: 200 }
      })`
  })
  t.equal((await app.netlifyFunctions.invoke('nightly')).status, 204)
  const { nightlyEvent } = globalThis as { nightlyEvent?: { body: string } }
  t.match(nightlyEvent, {
    httpMethod: 'POST',
    path: '/.netlify/functions/nightly',
    isBase64Encoded: false,
    headers: { 'user-agent': 'Netlify Clockwork', 'x-nf-event': 'schedule' }
  })
  const tomorrow = new Date()
  tomorrow.setUTCHours(24, 0, 0, 0)
  t.strictSame(JSON.parse(nightlyEvent?.body ?? ''), { next_run: tomorrow.toISOString() })
})

t.test('other uses of the word are no schedule', async (t) => {
  const app = await boot(t, {
    'netlify/functions/own.mjs': `import { builder } from '@netlify/functions'\nconst schedule = (cron, handler) => handler\nexport const handler = schedule('@daily', ${handler})`,
    'netlify/functions/comment.mjs': `/*\nimport { schedule } from '@netlify/functions'\n*/\nexport const handler = ${handler}`,
    'netlify/functions/web.mjs': 'import { schedule } from \'@netlify/functions\'\nexport default () => new Response(typeof schedule)'
  })
  t.strictSame(schedules(app), { own: 'request undefined', comment: 'request undefined', web: 'request undefined' })
})

t.test('what cannot be read is an error, in Netlify\'s words', async (t) => {
  const app = await boot(t, {
    'netlify/functions/unused.mts': `import { schedule } from '@netlify/functions'\nexport const handler = ${handler}`,
    'netlify/functions/imported.mts': `import { schedule } from '@netlify/functions'\nimport { CRON } from '../cron.ts'\nexport const handler = schedule(CRON, ${handler})`,
    'netlify/functions/computed.mts': `import { schedule } from '@netlify/functions'\nexport const handler = schedule(process.env.CRON!, ${handler})`,
    'netlify/functions/wrong.mts': `import { schedule } from '@netlify/functions'\nexport const handler = schedule('at noon', ${handler})`,
    'netlify/cron.ts': 'export const CRON = \'@daily\''
  })
  t.match(schedules(app), {
    unused: /has a configuration error on 'schedule': The `schedule` helper was imported but we couldn't find any usages\./,
    imported: /has a configuration error on 'schedule': Unable to find cron expression for scheduled function\./,
    computed: /Unable to find cron expression for scheduled function\./,
    wrong: /has a configuration error on 'schedule': .*cron expression/
  })
})
