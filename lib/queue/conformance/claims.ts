import assert from 'node:assert/strict'
import type { Claim, ClaimOptions, QueueDriver } from '../driver.ts'
import { ids } from './jobs.ts'

export const MINUTE = 60_000
/** A call that ought to end gives up after this long, so that a hang is a failed assertion. */
export const PATIENCE = 10_000
/** A claim that ought to bring nothing waits this long. */
const GLANCE = 100

/** Claims with what the case does not say by default, and not for ever. */
export async function claim (driver: QueueDriver, options: Partial<ClaimOptions> = {}): Promise<Claim[]> {
  const impatient = new AbortController()
  const timer = setTimeout(() => impatient.abort(), PATIENCE)
  const signal = AbortSignal.any([impatient.signal, ...options.signal ? [options.signal] : []])
  try {
    return await driver.claim({ limit: 1, leaseDuration: MINUTE, ...options, signal })
  } finally {
    clearTimeout(timer)
  }
}

export async function claimOne (driver: QueueDriver, options: Partial<ClaimOptions> = {}): Promise<Claim> {
  const [first, ...others] = await claim(driver, options)
  assert.ok(first, `claim brought nothing within ${PATIENCE} ms`)
  assert.equal(others.length, 0, 'claimed more than the limit')
  return first
}

export async function assertNothingDue (driver: QueueDriver, options: Partial<ClaimOptions> = {}): Promise<void> {
  assert.deepEqual(ids(await claim(driver, { ...options, signal: AbortSignal.timeout(GLANCE) })), [])
}
