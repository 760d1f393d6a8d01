import { FST_NETLIFY_MISSING_PACKAGE } from '../errors.ts'

/** What is needed of a registry of prom-client, whichever copy of it the host has. */
export interface MetricsRegistry {
  readonly contentType: string
  /** The text of all its metrics. */
  metrics (): Promise<string>
  registerMetric (metric: never): void
  removeSingleMetric (name: string): void
}

const METHODS: ReadonlyArray<keyof MetricsRegistry> = ['metrics', 'registerMetric', 'removeSingleMetric']

export function isRegistry (value: unknown): value is MetricsRegistry {
  return typeof value === 'object' && value !== null && METHODS.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}

/**
 * Makes a registry of the plugin's own.
 *
 * @param withDefaults whether it has the metrics of the process, too
 * @throws FST_NETLIFY_MISSING_PACKAGE
 */
export async function createRegistry (withDefaults: boolean): Promise<MetricsRegistry> {
  const client = await loadClient()
  const registry = new client.Registry()
  if (withDefaults) client.collectDefaultMetrics({ register: registry })
  return registry
}

async function loadClient (): Promise<typeof import('prom-client')> {
  try {
    const { default: client } = await import('prom-client')
    return client
  } catch (error) {
    throw new FST_NETLIFY_MISSING_PACKAGE('metrics', 'prom-client', 'prom-client', { cause: error })
  }
}
