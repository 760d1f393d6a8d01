import { deployEvent } from './event-deploy.ts'
import { isObject, respondEmpty, type EventType } from './event-type.ts'
import { userDeletedEvent, userEvent } from './event-user.ts'

/** Events by the name of their handler in an object that is a function's default export. */
const SLUGS = {
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

export type EventKey = keyof typeof SLUGS

/** Only functions that are named after them hear of the split tests. */
export type EventSlug = (typeof SLUGS)[EventKey] | 'split_test_activated' | 'split_test_deactivated' | 'split_test_modified'

const formEvent: EventType = {
  problem (payload) {
    if (!isObject(payload)) return 'expected an object'
    if (!isObject(payload.payload)) return 'missing "payload" object'
    return isObject(payload.payload.data) ? undefined : 'missing "payload.data"'
  },
  call: (payload) => ({ argument: { data: (payload as { payload: { data: object } }).payload.data }, respond: respondEmpty })
}

const splitTestEvent: EventType = {
  problem: () => undefined,
  call: (payload) => ({ argument: Object(payload), respond: respondEmpty })
}

/** See https://docs.netlify.com/build/functions/trigger-on-events/ */
export const eventTypes: Readonly<Record<EventSlug, EventType>> = {
  deploy_building: deployEvent,
  deploy_succeeded: deployEvent,
  deploy_failed: deployEvent,
  deploy_deleted: deployEvent,
  deploy_locked: deployEvent,
  deploy_unlocked: deployEvent,
  submission_created: formEvent,
  identity_login: userEvent,
  identity_signup: userEvent,
  identity_validate: userEvent,
  identity_usermodified: userEvent,
  identity_userdeleted: userDeletedEvent,
  split_test_activated: splitTestEvent,
  split_test_deactivated: splitTestEvent,
  split_test_modified: splitTestEvent
}

/** Every name of an event: that of its handler where it has one. */
export const EVENT_NAMES: readonly string[] = [...Object.keys(SLUGS), ...Object.keys(eventTypes).filter((slug) => !Object.values<string>(SLUGS).includes(slug))]

/** Tells a function which event it is called for. What a client sends under this name never reaches a function. */
export const EVENT_HEADER = 'x-netlify-event'

/** The event that a key or a slug means. */
export function findEvent (name: string): EventSlug | undefined {
  if (Object.hasOwn(SLUGS, name)) return SLUGS[name as EventKey]
  return isSlug(name) ? name : undefined
}

/** The event that a function has its name from: `deploy-succeeded`, `submission-created-background`. */
export function eventOfFunctionName (name: string): EventSlug | undefined {
  const slug = name.toLowerCase().replace(/-background$/, '').replaceAll('-', '_')
  return isSlug(slug) ? slug : undefined
}

/** The event handlers of an object that is a function's default export. */
export function readEventHandlers<Handler extends Function> (exported: object): Map<EventSlug, Handler> {
  const members = exported as Readonly<Record<string, unknown>>
  const handlers = new Map<EventSlug, Handler>()
  for (const [key, slug] of Object.entries(SLUGS)) {
    const handler = members[key]
    if (typeof handler === 'function') handlers.set(slug, handler as Handler)
  }
  return handlers
}

function isSlug (text: string): text is EventSlug {
  return Object.hasOwn(eventTypes, text)
}
