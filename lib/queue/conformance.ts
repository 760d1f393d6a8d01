import { type ConformanceCases, TestClock } from './conformance/case.ts'
import { changes } from './conformance/changes.ts'
import { claiming } from './conformance/claiming.ts'
import { settingTheClock } from './conformance/clock.ts'
import { closing } from './conformance/closing.ts'
import { exceptions } from './conformance/exceptions.ts'
import { fidelity } from './conformance/fidelity.ts'
import { identity } from './conformance/identity.ts'
import { leases } from './conformance/leases.ts'
import { listing } from './conformance/listing.ts'
import { settling } from './conformance/settling.ts'
import type { QueueDriver } from './driver.ts'

/** Registers one test with the runner in use; `body` rejects when the driver breaks its promise. */
export type ConformanceTest = (name: string, body: () => Promise<void>) => unknown

/** Gives a driver with an empty queue, which the suite closes; the driver reads the time from `now`, in epoch milliseconds. */
export type CreateDriver = (now: () => number) => Promise<QueueDriver> | QueueDriver

export interface ConformanceOptions {
  /**
   * `own` says that the driver has the clock of a service, which no test can set: the cases that set the clock are left out.
   * @default 'given'
   */
  clock?: 'given' | 'own'
}

const cases: ConformanceCases = {
  ...fidelity,
  ...claiming,
  ...exceptions,
  ...leases,
  ...settling,
  ...identity,
  ...changes,
  ...listing,
  ...closing
}

/** Registers the suite that every driver passes; each test has a driver of its own. */
export function queueConformance (test: ConformanceTest, createDriver: CreateDriver, { clock: kind = 'given' }: ConformanceOptions = {}): void {
  for (const [name, body] of Object.entries(kind === 'own' ? cases : { ...cases, ...settingTheClock })) {
    test(name, async () => {
      const clock = new TestClock()
      const driver = await createDriver(clock.now)
      try {
        await body(driver, clock)
      } finally {
        await driver.close()
      }
    })
  }
}
