import type { QueueDriver } from '../driver.ts'

/** Proves one promise of a driver whose queue is empty; rejects when it is broken. */
export type ConformanceCase = (driver: QueueDriver, clock: TestClock) => Promise<void>

/** By what they promise. */
export type ConformanceCases = Readonly<Record<string, ConformanceCase>>

/** The machine's clock until somebody sets it. */
export class TestClock {
  #offset = 0

  readonly now = (): number => Date.now() + this.#offset

  /** Sets the clock forward, or back. */
  jump (milliseconds: number): void {
    this.#offset += milliseconds
  }
}
