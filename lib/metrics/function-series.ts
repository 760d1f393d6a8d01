import type { InvocationRecord, Trigger } from '../functions/invocation-record.ts'
import { Distribution, Tally } from './distribution.ts'
import type { Labels, Sample } from './families.ts'

/** Seconds: from a reply out of memory to a background function at its limit. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900]
const WAITS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600]
const CLASSES = ['error', '1xx', '2xx', '3xx', '4xx', '5xx']

interface TriggerSeries {
  readonly outcomes: Tally
  readonly durations: Distribution
}

/** What is counted of one function. */
export class FunctionSeries {
  running = 0
  retried = 0
  failed = 0
  waits: Distribution | undefined = undefined
  readonly #triggers = new Map<Trigger, TriggerSeries>()

  add (record: InvocationRecord): void {
    let series = this.#triggers.get(record.trigger)
    if (series === undefined) {
      series = { outcomes: new Tally('status'), durations: new Distribution(DURATIONS) }
      this.#triggers.set(record.trigger, series)
    }
    series.outcomes.add(statusOf(record))
    series.durations.add(record.duration / 1000)
  }

  addWait (milliseconds: number): void {
    this.waits ??= new Distribution(WAITS)
    this.waits.add(Math.max(0, milliseconds) / 1000)
  }

  outcomes (labels: Labels): Sample[] {
    return [...this.#triggers].flatMap(([trigger, { outcomes }]) => outcomes.samples({ ...labels, trigger }))
  }

  durations (name: string, labels: Labels): Sample[] {
    return [...this.#triggers].flatMap(([trigger, { durations }]) => durations.samples(name, { ...labels, trigger }))
  }
}

/** A small set of words, whatever functions answer. */
function statusOf ({ outcome, status }: InvocationRecord): string {
  if (outcome === 'cancelled') return 'cancelled'
  if (status === undefined) return outcome === 'succeeded' ? 'ok' : 'error'
  if (outcome === 'failed' && status < 500) return 'broken'
  return CLASSES[Math.trunc(status / 100)] ?? 'error'
}
