import { createHash, timingSafeEqual } from 'node:crypto'

const BASIC = /^basic +([a-z0-9+/=_-]+) *$/i

/**
 * Whether an `Authorization` header has one of the logins, each `user:password`.
 * How long it takes says nothing about what is right in a wrong one.
 */
export function isLoggedIn (authorization: string | undefined, logins: readonly string[]): boolean {
  const encoded = BASIC.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return false
  const given = digest(Buffer.from(encoded, 'base64').toString())
  return logins.filter((login) => timingSafeEqual(digest(login), given)).length > 0
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
