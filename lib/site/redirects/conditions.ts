import { cookieValue, preferredLanguage, type RedirectRequest } from './request.ts'

/** What a rule asks of the visitor; each is a list of which one has to hold. */
export interface Conditions {
  readonly country: readonly string[] | undefined
  readonly language: readonly string[] | undefined
  readonly cookie: readonly string[] | undefined
  readonly role: readonly string[] | undefined
}

/** `unknown` when it depends on what has yet to be found out, `denied` when all holds but the visitor's role. */
export type Verdict = 'holds' | 'fails' | 'unknown' | 'denied'

const KEYS = ['country', 'language', 'cookie', 'role'] as const

/** @returns what is wrong, as text */
export function readConditions (given: unknown): Conditions | string {
  const entries = Object.entries(Object(given) as object).map(([key, value]) => [key.toLowerCase(), listOf(value)] as const)
  const unknown = entries.find(([key]) => !KEYS.some((known) => known === key))
  if (unknown !== undefined) return `there is no condition "${unknown[0]}"; the conditions are ${KEYS.join(', ')}`
  const { country, language, cookie, role } = Object.fromEntries(entries) as Partial<Record<string, string[]>>
  return { country: country?.map(lowerCase), language: language?.map(lowerCase), cookie, role }
}

/** The role comes last: who fails on something else is not told that there is something to be allowed to. */
export function judge ({ country, language, cookie, role }: Conditions, request: RedirectRequest): Verdict {
  if (cookie !== undefined && !cookie.some((name) => cookieValue(request.cookie, name))) return 'fails'
  if (language !== undefined && !includesLanguage(language, preferredLanguage(request))) return 'fails'
  if (country !== undefined) {
    if (request.country === undefined) return 'unknown'
    if (request.country === null || !country.includes(request.country.toLowerCase())) return 'fails'
  }
  if (role === undefined) return 'holds'
  if (request.roles === undefined) return 'unknown'
  return request.roles.some((name) => role.includes(name)) ? 'holds' : 'denied'
}

/** `de` means `de-AT` too, not the other way round. */
function includesLanguage (languages: readonly string[], preferred: string): boolean {
  return languages.some((language) => preferred === language || preferred.startsWith(`${language}-`))
}

function listOf (value: unknown): string[] {
  return (Array.isArray(value) ? value : String(value).split(',')).map((item) => String(item).trim())
}

function lowerCase (text: string): string {
  return text.toLowerCase()
}
