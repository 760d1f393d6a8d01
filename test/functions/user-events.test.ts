import t from 'tap'
import { eventTypes } from '../../lib/functions/events.ts'

interface UserEvent {
  readonly user: Record<string, unknown>
  deny (): undefined
}

const deniable = ['identity_login', 'identity_signup', 'identity_validate', 'identity_usermodified'] as const
const ada = { id: 'u1', email: 'ada@example.com', created_at: '2026-01-01' }

function login (user: object): { event: UserEvent, respond: (returned: unknown) => { status: number, body: unknown } } {
  const { argument, respond } = eventTypes.identity_login.call({ user })
  return { event: argument as UserEvent, respond }
}

t.test('a user event has the user in camel case', async (t) => {
  const { event } = login({
    ...ada,
    updated_at: '2026-01-02',
    confirmed_at: '2026-01-03',
    role: 'admin',
    invited_at: 'i',
    confirmation_sent_at: 'c',
    recovery_sent_at: 'r',
    new_email: 'new@example.com',
    email_change_sent_at: 'e',
    last_sign_in_at: 'l',
    app_metadata: { provider: 'email', roles: ['baker'] },
    user_metadata: { full_name: 'Ada', avatar_url: 'https://ada.example/face.png' }
  })
  t.strictSame(event.user, {
    id: 'u1',
    email: 'ada@example.com',
    confirmedAt: '2026-01-03',
    createdAt: '2026-01-01',
    updatedAt: '2026-01-02',
    role: 'admin',
    provider: 'email',
    name: 'Ada',
    pictureUrl: 'https://ada.example/face.png',
    roles: ['baker'],
    invitedAt: 'i',
    confirmationSentAt: 'c',
    recoverySentAt: 'r',
    pendingEmail: 'new@example.com',
    emailChangeSentAt: 'e',
    lastSignInAt: 'l',
    userMetadata: { full_name: 'Ada', avatar_url: 'https://ada.example/face.png' },
    appMetadata: { provider: 'email', roles: ['baker'] }
  })
})

t.test('what is empty or of another type is left out of the user', async (t) => {
  t.match(login({ ...ada, confirmed_at: '', role: '', new_email: null }).event.user, { confirmedAt: undefined, role: undefined, pendingEmail: undefined, userMetadata: {}, appMetadata: {} })
  t.equal(login({ ...ada, user_metadata: { full_name: '', name: 'Lovelace' } }).event.user.name, 'Lovelace')
  t.equal(login({ ...ada, user_metadata: { full_name: 5, avatar_url: 5 } }).event.user.name, undefined)
  t.equal(login({ ...ada, app_metadata: { roles: ['baker', 5] } }).event.user.roles, undefined)
  t.equal(login({ ...ada, app_metadata: { roles: 'baker' } }).event.user.roles, undefined)
})

t.test('a denied user gets an empty 401, whatever the handler returns, and deny works by itself', async (t) => {
  for (const event of deniable) {
    const { argument, respond } = eventTypes[event].call({ user: ada })
    const { deny } = argument as UserEvent
    t.equal(deny(), undefined)
    t.strictSame(respond({ user: ada }), { status: 401, headers: [], body: null })
  }
})

t.test('nobody can deny that a user is deleted', async (t) => {
  const { argument, respond } = eventTypes.identity_userdeleted.call({ user: ada })
  ;(argument as UserEvent).deny()
  t.equal(respond(undefined).status, 200)
})

t.test('a handler that returns nothing lets the user in', async (t) => {
  t.strictSame(login(ada).respond(undefined), { status: 200, headers: [], body: null })
  t.strictSame(login(ada).respond(null), { status: 200, headers: [], body: null })
})

t.test('a returned user is sent in snake case, with its name, picture, provider and roles in the metadata', async (t) => {
  const { event, respond } = login({ ...ada, app_metadata: { plan: 'free' }, user_metadata: { town: 'London' } })
  const response = respond({ user: { ...event.user, name: 'Ada', pictureUrl: 'https://ada.example', provider: 'email', roles: ['baker'], pendingEmail: 'new@example.com' } })
  t.match(response, { status: 200, headers: [['content-type', 'application/json']] })
  t.strictSame(JSON.parse(response.body as string), {
    id: 'u1',
    email: 'ada@example.com',
    confirmed_at: null,
    created_at: '2026-01-01',
    invited_at: null,
    confirmation_sent_at: null,
    recovery_sent_at: null,
    new_email: 'new@example.com',
    email_change_sent_at: null,
    last_sign_in_at: null,
    app_metadata: { plan: 'free', provider: 'email', roles: ['baker'] },
    user_metadata: { town: 'London', full_name: 'Ada', avatar_url: 'https://ada.example' }
  })
})

t.test('a handler that returns anything else is wrong', async (t) => {
  for (const returned of ['no', 5, true, {}, { user: 'ada' }, new Response()]) t.throws(() => login(ada).respond(returned), TypeError)
})
