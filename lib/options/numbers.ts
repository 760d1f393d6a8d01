import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { isRecord } from './kinds.ts'

/** Checks a group of numbers and adds the defaults. */
export function numbers<Group extends Record<string, number>> (group: string, values: unknown, defaults: Readonly<Group>, accepts: (value: unknown) => boolean, rule: string, keys: readonly string[] = Object.keys(defaults)): Readonly<Group> {
  if (values !== undefined && !isRecord(values)) throw new FST_NETLIFY_INVALID_OPTION(group, 'must be an object')
  const given = Object.entries(values ?? {}).filter(([, value]) => value !== undefined)
  for (const [name, value] of given) {
    if (!Object.hasOwn(defaults, name)) throw new FST_NETLIFY_INVALID_OPTION(`${group}.${name}`, `is not known; the keys are ${keys.join(', ')}`)
    if (!accepts(value)) throw new FST_NETLIFY_INVALID_OPTION(`${group}.${name}`, rule)
  }
  return Object.freeze({ ...defaults, ...Object.fromEntries(given) })
}
