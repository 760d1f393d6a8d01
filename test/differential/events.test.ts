import t from 'tap'
import { eventTypes, type EventSlug } from '../../lib/functions/events.ts'
import type { EventDelivery } from '../../lib/index.ts'
import { createApp } from '../helper.ts'
import { startRuntimes } from './runtimes.ts'

const KEYS = ['deployBuilding', 'deploySucceeded', 'deployFailed', 'deployDeleted', 'deployLocked', 'deployUnlocked', 'formSubmitted', 'userLogin', 'userSignup', 'userValidate', 'userModified', 'userDeleted']
const EVENTS = Object.keys(eventTypes).filter((slug) => !slug.startsWith('split_test')) as EventSlug[]

const deploy = { id: 'd1', state: 'ready', created_at: '2026-01-01' }
const user = { id: 'u1', email: 'ada@example.com', created_at: '2026-01-01' }

/** For every event; most of them do not fit, and both runtimes must say the same about them. */
const payloads: unknown[] = [
  null,
  'text',
  [],
  {},
  { payload: [], site: [] },
  { payload: deploy },
  { payload: { ...deploy, id: 1 }, site: {} },
  { payload: { ...deploy, state: null }, site: {} },
  { payload: { ...deploy, created_at: 0 }, site: {} },
  { payload: deploy, site: {} },
  {
    payload: {
      ...deploy, site_id: 's', build_id: '', error_message: null, url: 'u', ssl_url: 'su', deploy_ssl_url: 'p', admin_url: 'a', context: 'production', branch: 'main', commit_ref: 'r', commit_url: 'cu', commit_message: '', committer: 'ada', title: 0, published_at: 'pa', deploy_time: 0, manual_deploy: 1, framework: 'astro', extra: 'x'
    },
    site: { id: 's', name: 'bakery', url: 'u', admin_url: 'a', extra: 'x' }
  },
  { payload: { data: null } },
  { payload: { data: [] } },
  { payload: { ...deploy, data: { name: 'Ada', list: [1] }, email: 'x' }, site: {} },
  { user: null },
  { user: { ...user, id: undefined } },
  { user: { ...user, email: 5 } },
  { user: { ...user, created_at: undefined } },
  { user },
  { user: { ...user, confirmed_at: '', role: '', new_email: '', app_metadata: null, user_metadata: null } },
  { user: { ...user, confirmed_at: 5, updated_at: 5, role: ['x'], invited_at: 'i', last_sign_in_at: 'l', recovery_sent_at: 'r', confirmation_sent_at: 'c', email_change_sent_at: 'e', new_email: 'n' } },
  { user: { ...user, app_metadata: { provider: '', roles: [] }, user_metadata: { full_name: '', name: '', avatar_url: '' } } },
  { user: { ...user, app_metadata: { provider: 'email', roles: ['a', 'b'], plan: 1 }, user_metadata: { full_name: 'Ada', name: 'no', avatar_url: 'face', town: 'London' } } },
  { user: { ...user, app_metadata: { provider: 5, roles: ['a', 5] }, user_metadata: { full_name: 5, name: 'Ada', avatar_url: 5 } } }
]

/** What handlers do with an event, each in a function of its own. */
const handlers: Readonly<Record<string, string>> = {
  argument: 'throw new Error(JSON.stringify(event, (key, value) => value === undefined || typeof value === "function" ? typeof value : value))',
  nothing: '',
  null: 'return null',
  response: 'return new Response("no", { status: 418 })',
  text: 'return "text"',
  empty: 'return {}',
  deny: 'if (event.deny) return event.deny()',
  'deny-and-user': 'if (event.deny) { const { deny } = event; deny(); return { user: event.user } }',
  same: 'return { user: event.user }',
  changed: 'return { user: { ...event.user, name: "New", pictureUrl: "face", provider: "p", roles: ["r"], pendingEmail: "n", invitedAt: "i" } }',
  bare: 'return { user: {} }'
}

/** What can be seen of a call from outside. */
type Seen = { readonly status: number, readonly type: string | null, readonly body: string } | { readonly thrown: string }

t.test('event handlers get and give the same as in Netlify\'s production bootstrap', async (t) => {
  const files = Object.fromEntries(Object.entries(handlers).map(([name, body]) => [`${name}.mjs`, functionFile(body)]))
  const { oracle } = await startRuntimes(t, files)
  const app = await createApp(t, Object.fromEntries(Object.entries(files).map(([name, code]) => [`netlify/functions/${name}`, code])))
  let compared = 0

  for (const event of EVENTS) {
    for (const payload of payloads) {
      for (const [name, ours] of await emitted(event, payload)) {
        t.strictSame(ours, await bootstrapped(name, event, payload), `${event} to ${name}: ${JSON.stringify(payload)}`)
        compared++
      }
    }
  }
  t.comment(`${compared} events compared`)
  t.ok(compared > 500)

  /** What each function made of it; a payload that is refused reaches none, so one stands for all. */
  async function emitted (event: EventSlug, payload: unknown): Promise<Array<[name: string, seen: Seen]>> {
    try {
      const deliveries = await app.netlifyFunctions.emit(event, payload)
      return await Promise.all(deliveries.map(async (delivery) => [delivery.function, await seenOf(delivery)]))
    } catch (error) {
      return [['nothing', { status: 400, type: 'application/json', body: JSON.stringify({ error: (error as Error).message }) }]]
    }
  }

  async function bootstrapped (name: string, event: EventSlug, payload: unknown): Promise<Seen> {
    const outcome = await oracle({
      title: name, function: name, method: 'POST', headers: [['content-type', 'application/json'], ['x-netlify-event', event]], body: JSON.stringify(payload)
    })
    if (outcome.error !== undefined) return { thrown: withoutMessage(outcome.error) }
    const type = outcome.headers.find(([header]) => header === 'content-type')?.[1] ?? null
    return { status: outcome.status, type, body: outcome.body.toString() }
  }
})

async function seenOf (delivery: EventDelivery): Promise<Seen> {
  if (delivery.outcome === 'queued') return { thrown: 'queued' }
  if (delivery.outcome === 'failed') return { thrown: withoutMessage(String(delivery.error.cause)) }
  const { response } = delivery
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

/** A result that the event has no use for is a TypeError in both, with another message in each. */
function withoutMessage (error: string): string {
  return error.replace(/^TypeError: [^]*/, 'TypeError')
}

function functionFile (body: string): string {
  return `const handler = async (event) => { ${body} }\nexport default { ${KEYS.map((key) => `${key}: handler`).join(', ')} }`
}
