import t from 'tap'
import { EVENT_NAMES, eventOfFunctionName, eventTypes, findEvent, readEventHandlers, type EventSlug } from '../../lib/functions/events.ts'

const slugs = {
  deployBuilding: 'deploy_building',
  deploySucceeded: 'deploy_succeeded',
  deployFailed: 'deploy_failed',
  deployDeleted: 'deploy_deleted',
  deployLocked: 'deploy_locked',
  deployUnlocked: 'deploy_unlocked',
  formSubmitted: 'submission_created',
  userLogin: 'identity_login',
  userSignup: 'identity_signup',
  userValidate: 'identity_validate',
  userModified: 'identity_usermodified',
  userDeleted: 'identity_userdeleted'
} as const
const splitTests = ['split_test_activated', 'split_test_deactivated', 'split_test_modified'] as const
const deploys = ['deploy_building', 'deploy_succeeded', 'deploy_failed', 'deploy_deleted', 'deploy_locked', 'deploy_unlocked'] as const
const users = ['identity_login', 'identity_signup', 'identity_validate', 'identity_usermodified', 'identity_userdeleted'] as const
const ada = { id: 'u1', email: 'ada@example.com', created_at: '2026-01-01' }

t.test('an event is found by the key of its handler and by its slug', async (t) => {
  for (const [key, slug] of Object.entries(slugs)) {
    t.equal(findEvent(key), slug)
    t.equal(findEvent(slug), slug)
  }
  for (const slug of splitTests) t.equal(findEvent(slug), slug)
  for (const name of ['fetch', 'DeployFailed', 'deploy-failed', '', 'constructor', '__proto__', 'hasOwnProperty']) t.equal(findEvent(name), undefined, name)
  t.strictSame(EVENT_NAMES, [...Object.keys(slugs), ...splitTests])
})

t.test('a function is named after an event, also in the background and in upper case', async (t) => {
  for (const slug of [...Object.values(slugs), ...splitTests]) {
    const name = slug.replaceAll('_', '-')
    t.equal(eventOfFunctionName(name), slug)
    t.equal(eventOfFunctionName(`${name}-background`), slug)
  }
  t.equal(eventOfFunctionName('Deploy-Succeeded'), 'deploy_succeeded')
  for (const name of ['hello', 'deploy', 'on-deploy-succeeded', 'deploy-succeeded-2', 'submission-created-background-2', 'constructor']) t.equal(eventOfFunctionName(name), undefined, name)
})

t.test('the handlers of an object are found by their keys, inherited ones too', async (t) => {
  class Hooks {
    deployFailed (): void {}
  }
  const hooks = Object.assign(new Hooks(), { fetch () {}, formSubmitted: async () => {}, userLogin: undefined, userSignup: 'no function' })
  t.strictSame([...readEventHandlers(hooks).keys()], ['deploy_failed', 'submission_created'])
  t.equal(readEventHandlers(hooks).get('submission_created'), hooks.formSubmitted)
})

t.test('a bad payload is refused in Netlify\'s words', async (t) => {
  const deploy = { id: 'd1', state: 'ready', created_at: '2026-01-01' }
  const cases: Array<[events: readonly EventSlug[], payload: unknown, problem: string | undefined]> = [
    [deploys, null, 'expected an object'],
    [deploys, 'text', 'expected an object'],
    [deploys, {}, 'missing "payload" object'],
    [deploys, { payload: null, site: {} }, 'missing "payload" object'],
    [deploys, { payload: deploy }, 'missing "site" object'],
    [deploys, { payload: { ...deploy, id: 5 }, site: {} }, 'missing "payload.id"'],
    [deploys, { payload: { ...deploy, state: undefined }, site: {} }, 'missing "payload.state"'],
    [deploys, { payload: { ...deploy, created_at: null }, site: {} }, 'missing "payload.created_at"'],
    [deploys, { payload: deploy, site: {} }, undefined],
    [users, null, 'expected an object'],
    [users, {}, 'missing "user" object'],
    [users, { user: 'ada' }, 'missing "user" object'],
    [users, { user: { ...ada, id: undefined } }, 'missing "user.id"'],
    [users, { user: { ...ada, email: undefined } }, 'missing "user.email"'],
    [users, { user: { ...ada, created_at: undefined } }, 'missing "user.created_at"'],
    [users, { user: ada }, undefined],
    [['submission_created'], 5, 'expected an object'],
    [['submission_created'], {}, 'missing "payload" object'],
    [['submission_created'], { payload: {} }, 'missing "payload.data"'],
    [['submission_created'], { payload: { data: null } }, 'missing "payload.data"'],
    [['submission_created'], { payload: { data: {} } }, undefined],
    [splitTests, {}, undefined]
  ]
  for (const [events, payload, problem] of cases) {
    for (const event of events) t.equal(eventTypes[event].problem(payload), problem, `${event} ${JSON.stringify(payload)}`)
  }
})

t.test('a deploy event has the deploy and its site, and null for what is not known', async (t) => {
  const site = { id: 's1', name: 'bakery', url: 'https://bakery.example', admin_url: 'https://app.example', secret: 'x' }
  const full = {
    id: 'd1', site_id: 's1', build_id: 'b1', state: 'ready', error_message: 'none', url: 'https://a', ssl_url: 'https://b', deploy_ssl_url: 'https://c', admin_url: 'https://d', context: 'production', branch: 'main', commit_ref: 'abc', commit_url: 'https://e', commit_message: 'Bake', committer: 'ada', title: 'Bread', created_at: '2026-01-01', published_at: '2026-01-02', deploy_time: 12, manual_deploy: true, framework: 'astro'
  }
  for (const event of deploys) {
    t.strictSame(eventTypes[event].call({ payload: full, site }).argument, {
      deploy: {
        id: 'd1', siteId: 's1', buildId: 'b1', state: 'ready', errorMessage: 'none', url: 'https://a', sslUrl: 'https://b', permalinkUrl: 'https://c', adminUrl: 'https://d', context: 'production', branch: 'main', commitRef: 'abc', commitUrl: 'https://e', commitMessage: 'Bake', committer: 'ada', title: 'Bread', createdAt: '2026-01-01', publishedAt: '2026-01-02', time: 12, manual: true, framework: 'astro'
      },
      site: { id: 's1', name: 'bakery', url: 'https://bakery.example', adminUrl: 'https://app.example' }
    })
  }
  t.match(eventTypes.deploy_failed.call({ payload: { id: 'd1', state: 'error', created_at: '2026-01-01' }, site: {} }).argument, {
    deploy: { buildId: null, errorMessage: null, branch: null, commitRef: null, commitUrl: null, commitMessage: null, committer: null, title: null, publishedAt: null, time: null, manual: false, framework: null }
  })
})

t.test('what is empty or 0 in a deploy stays so', async (t) => {
  const empty = { build_id: '', error_message: '', branch: '', commit_ref: '', commit_url: '', commit_message: '', committer: '', title: '', published_at: '', deploy_time: 0, framework: '' }
  t.match(eventTypes.deploy_failed.call({ payload: empty, site: {} }).argument, {
    deploy: { buildId: '', errorMessage: '', branch: '', commitRef: '', commitUrl: '', commitMessage: '', committer: '', title: '', publishedAt: '', time: 0, framework: '' }
  })
})

t.test('what the handler of a deploy or a form returns counts for nothing', async (t) => {
  for (const event of [...deploys, 'submission_created', 'identity_userdeleted'] as const) {
    const payload = event === 'submission_created' ? { payload: { data: {} } } : { payload: {}, site: {}, user: ada }
    t.strictSame(eventTypes[event].call(payload).respond(new Response('no', { status: 418 })), { status: 200, headers: [], body: null }, event)
  }
})

t.test('a form event has the data of the form alone', async (t) => {
  t.strictSame(eventTypes.submission_created.call({ payload: { data: { name: 'Ada' }, email: 'x' }, site: {} }).argument, { data: { name: 'Ada' } })
})
