import type { FunctionResponse } from './exchange.ts'
import { isObject, missingString, respondEmpty, type EventCall, type EventType, type Fields } from './event-type.ts'

/** Somebody signs up, logs in and so on, which a handler may deny, or answer with a changed user. */
export const userEvent: EventType = {
  problem,
  call (payload) {
    let denied = false
    return {
      argument: userArgument(payload, () => { denied = true }),
      respond: (returned) => denied ? { status: 401, headers: [], body: null } : respondUser(returned)
    }
  }
}

/** A user is gone, which nobody can deny. */
export const userDeletedEvent: EventType = {
  problem,
  call: (payload) => ({ argument: userArgument(payload, () => {}), respond: respondEmpty })
}

function problem (payload: unknown): string | undefined {
  if (!isObject(payload)) return 'expected an object'
  if (!isObject(payload.user)) return 'missing "user" object'
  return missingString(payload.user, 'user', ['id', 'email', 'created_at'])
}

function userArgument (payload: unknown, deny: () => void): EventCall['argument'] {
  const { user } = payload as { user: Fields }
  return { user: toUser(user), deny: () => { deny() } }
}

/** From the words of GoTrue, which Netlify Identity runs on, to those of @netlify/functions. */
function toUser (user: Fields): Fields {
  const appMetadata = (user.app_metadata ?? {}) as Fields
  const userMetadata = (user.user_metadata ?? {}) as Fields
  const { roles } = appMetadata
  return {
    id: user.id,
    email: user.email,
    confirmedAt: filled(user.confirmed_at),
    createdAt: user.created_at,
    updatedAt: user.updated_at,
    role: filled(user.role),
    provider: filled(appMetadata.provider),
    name: text(userMetadata.full_name || userMetadata.name),
    pictureUrl: text(userMetadata.avatar_url),
    roles: Array.isArray(roles) && roles.every((role) => typeof role === 'string') ? roles : undefined,
    invitedAt: filled(user.invited_at),
    confirmationSentAt: filled(user.confirmation_sent_at),
    recoverySentAt: filled(user.recovery_sent_at),
    pendingEmail: filled(user.new_email),
    emailChangeSentAt: filled(user.email_change_sent_at),
    lastSignInAt: filled(user.last_sign_in_at),
    userMetadata,
    appMetadata
  }
}

function respondUser (returned: unknown): FunctionResponse {
  if (returned === undefined || returned === null) return respondEmpty()
  const user = isObject(returned) ? returned.user : undefined
  if (!isObject(user)) throw new TypeError('neither nothing nor { user }')
  return { status: 200, headers: [['content-type', 'application/json']], body: JSON.stringify(fromUser(user)) }
}

/** What a handler may have set beside the metadata is written into them. */
function fromUser (user: Fields): Fields {
  const { provider, roles, name, pictureUrl } = user
  return {
    id: user.id,
    email: user.email,
    confirmed_at: user.confirmedAt ?? null,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
    role: user.role,
    invited_at: user.invitedAt ?? null,
    confirmation_sent_at: user.confirmationSentAt ?? null,
    recovery_sent_at: user.recoverySentAt ?? null,
    new_email: user.pendingEmail ?? null,
    email_change_sent_at: user.emailChangeSentAt ?? null,
    last_sign_in_at: user.lastSignInAt ?? null,
    app_metadata: { ...Object(user.appMetadata), ...given({ provider, roles }) },
    user_metadata: { ...Object(user.userMetadata), ...given({ full_name: name, avatar_url: pictureUrl }) }
  }
}

function given (fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function text (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function filled (value: unknown): string | undefined {
  return text(value) || undefined
}
