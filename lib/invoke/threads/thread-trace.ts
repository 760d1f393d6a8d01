type Carrier = Readonly<Record<string, string>>

/** What is used of what @opentelemetry/api has registered in a thread. */
interface Registered {
  readonly context?: { active (): unknown, with<T> (context: unknown, run: () => T): T }
  readonly propagation?: { extract (context: unknown, carrier: Carrier, getter: { get (carrier: Carrier, key: string): string | undefined, keys (carrier: Carrier): string[] }): unknown }
}

const REGISTERED = Symbol.for('opentelemetry.js.api.1')
const getter = { get: (carrier: Carrier, key: string) => carrier[key], keys: (carrier: Carrier) => Object.keys(carrier) }

/** Runs a call below the span that the pool's thread has made for it, where the function has registered an SDK of OpenTelemetry. */
export function runInTrace<T> (carrier: Carrier | undefined, run: () => T): T {
  if (carrier === undefined) return run()
  const { context, propagation } = (globalThis as { [REGISTERED]?: Registered })[REGISTERED] ?? {}
  if (context === undefined || propagation === undefined) return run()
  const parent = extract(context, propagation, carrier)
  return parent === undefined ? run() : context.with(parent.context, run)
}

/** What the function has registered may throw. */
function extract (context: NonNullable<Registered['context']>, propagation: NonNullable<Registered['propagation']>, carrier: Carrier): { context: unknown } | undefined {
  try {
    return { context: propagation.extract(context.active(), carrier, getter) }
  } catch {
    return undefined
  }
}
