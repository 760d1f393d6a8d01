import { createRequire } from 'node:module'

export type Api = typeof import('@opentelemetry/api')

/** Where every copy of @opentelemetry/api keeps what is registered, of version 1. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')
const require = createRequire(import.meta.url)

/** `null` where the package is not there. */
let loaded: Api | null | undefined

/** The API of OpenTelemetry while somebody has registered a tracer; asking costs hardly anything while nobody has. */
export function tracingApi (): Api | undefined {
  const registered = (globalThis as { [REGISTERED]?: { readonly trace?: unknown } })[REGISTERED]
  if (registered?.trace === undefined) return undefined
  loaded ??= load()
  return loaded ?? undefined
}

function load (): Api | null {
  try {
    return require('@opentelemetry/api') as Api
  } catch {
    return null
  }
}
