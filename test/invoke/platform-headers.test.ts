import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { captureLog, createApp } from '../helper.ts'

const files = {
  'netlify/functions/seen.mjs': `
    export default (request, context) => Response.json({
      headers: Object.fromEntries([...request.headers].filter(([name]) => /^x-n|client/.test(name))),
      context: { account: context.account, deploy: context.deploy, ip: context.ip, requestId: context.requestId, site: context.site }
    })`,
  'netlify/functions/lambda.mjs': `
    export const handler = async (event) => ({
      statusCode: 200, body: JSON.stringify(Object.fromEntries(Object.entries(event.headers).filter(([name]) => /^x-n|client/.test(name))))
    })`
}
const identity = {
  site: { id: 'site-1', name: 'bakery', url: 'https://bakery.example' },
  deploy: { id: 'deploy-1', context: 'branch-deploy', branch: 'main', published: false, skewProtectionToken: 'skew' },
  account: { id: 'account-1' }
} as const
const url = '/.netlify/functions/seen'

function requestId (response: LightMyRequestResponse): string {
  return String(response.headers['x-nf-request-id'])
}

t.test('requests have the headers that Netlify\'s edge adds, as far as their values are known', async (t) => {
  const app = await createApp(t, files, identity)
  const response = await app.inject({ url, remoteAddress: '192.0.2.1' })
  const expected = {
    'client-ip': '192.0.2.1',
    'x-nf-account-id': 'account-1',
    'x-nf-branch': 'main',
    'x-nf-client-connection-ip': '192.0.2.1',
    'x-nf-deploy-context': 'branch-deploy',
    'x-nf-deploy-id': 'deploy-1',
    'x-nf-deploy-published': '0',
    'x-nf-request-id': requestId(response),
    'x-nf-site-id': 'site-1'
  }
  t.strictSame(response.json().headers, expected)
  const lambda = await app.inject({ url: '/.netlify/functions/lambda', remoteAddress: '192.0.2.1' })
  t.strictSame(sorted(lambda.json()), { ...expected, 'x-nf-request-id': requestId(lambda) }, 'so has the event of the Lambda form')
})

t.test('what is not known, or no header can hold, is not there, and context says what it is', async (t) => {
  const app = await createApp(t, files, { deploy: { branch: 'zweig-☃' } })
  const { headers, context } = (await app.inject(url)).json()
  t.strictSame(Object.keys(headers), ['client-ip', 'x-nf-client-connection-ip', 'x-nf-deploy-context', 'x-nf-deploy-published', 'x-nf-request-id'])
  t.match(context, { account: { id: '' }, deploy: { branch: 'zweig-☃', context: 'production', id: '', published: true }, site: {} })
})

t.test('what a client sends under such a name is replaced', async (t) => {
  const app = await createApp(t, files, identity)
  const clean = (await app.inject(url)).json()
  const spoofed = await app.inject({
    url,
    headers: Object.fromEntries([...Object.keys(clean.headers), 'x-nf-geo', 'x-nf-anything', 'x-netlify-event'].map((name) => [name, 'spoofed']))
  })
  const id = requestId(spoofed)
  t.not(id, 'spoofed')
  t.strictSame(spoofed.json(), { headers: { ...clean.headers, 'x-nf-request-id': id }, context: { ...clean.context, requestId: id } })
})

t.test('with trustPlatformHeaders a proxy\'s word counts, in the headers, in context, in the log and in the reply', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { ...files, 'netlify/functions/logs.mjs': 'export default (request, { log }) => log("here")' }, { ...identity, trustPlatformHeaders: true }, { logger: log.logger })
  const headers = {
    'client-ip': '203.0.113.7', 'x-nf-account-id': 'a', 'x-nf-branch': 'b', 'x-nf-client-connection-ip': '203.0.113.7', 'x-nf-deploy-context': 'c', 'x-nf-deploy-id': 'd', 'x-nf-deploy-published': '1', 'x-nf-request-id': 'from-the-proxy'
  }
  const response = await app.inject({ url, headers })
  t.strictSame(response.json(), {
    headers: { ...headers, 'x-nf-site-id': 'site-1' },
    context: { account: { id: 'a' }, deploy: { branch: 'b', context: 'c', id: 'd', published: true, skewProtectionToken: 'skew' }, ip: '203.0.113.7', requestId: 'from-the-proxy', site: identity.site }
  })
  t.equal(requestId(response), 'from-the-proxy')
  await app.inject({ url: '/.netlify/functions/logs', headers })
  t.match(await log.line(({ msg }) => msg === 'here'), { requestId: 'from-the-proxy' })
})

t.test('a call without HTTP has them too', async (t) => {
  const app = await createApp(t, files, identity)
  const request = new Request('http://localhost/', { headers: { 'x-nf-account-id': 'of the caller', 'x-nf-request-id': 'not an id' } })
  const { headers, context } = await (await app.netlifyFunctions.invoke('seen', request)).json() as { headers: Record<string, string>, context: { requestId: string, ip: string } }
  t.match(headers, { 'x-nf-site-id': 'site-1', 'x-nf-request-id': context.requestId })
  t.equal(headers['x-nf-account-id'], 'of the caller', 'who calls from the server itself is trusted')
  t.match(context.requestId, /^[0-9A-Z]{26}$/, 'but not to give a run its id')
  t.equal(context.ip, '')
  t.notOk('client-ip' in headers, 'nobody is known who called')
})

function sorted (headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).sort(([one], [other]) => one < other ? -1 : 1))
}
