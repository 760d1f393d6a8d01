import { randomUUID } from 'node:crypto'
import { FST_NETLIFY_QUEUE_UNAVAILABLE } from '../../errors.ts'
import type { Claim, ClaimOptions } from '../driver.ts'
import { LONGEST_TIMER, within } from '../within.ts'
import { createBell } from './bell.ts'
import { unlessLost, type Link } from './link.ts'
import { toJob, toRecordId } from './record.ts'
import type { LeaseSettings, Store } from './store.ts'

/** Between two looks for leases that other processes have lost: a third of a lease, but no more than this. */
const LONGEST_RECOVERY_INTERVAL = 5_000
/** BullMQ recovers a job when it finds it without a lock for the second time; the clocks may differ by a little. */
const LOOKS_AT_LOST_LEASE = 5
const PAUSE_BETWEEN_LOOKS = 5
const GIVE_BACK_TIMEOUT = 500

interface Wait {
  readonly options: ClaimOptions
  readonly end: (claims: Claim[]) => void
  readonly fail: (error: unknown) => void
}

interface Lease {
  readonly end: number
  readonly looks: number
}

/** The claims that wait in this process, and the leases it holds. */
export interface Claims {
  wait (options: ClaimOptions): Promise<Claim[]>
  /** Notes that a lease of this process ends then. */
  hold (lease: string, duration: number): void
  letGo (lease: string): void
  /** Ends every wait with an empty list; resolves when what was leased meanwhile is given back, or soon after. */
  close (): Promise<void>
}

/** Makes the waiting room; one claim at a time goes to the store, so that they do not get in each other's way. */
export function createClaims (link: Link, settings: LeaseSettings): Claims {
  const waits = new Set<Wait>()
  const leases = new Map<string, Lease>()
  const bell = createBell({ link, needed: () => waits.size > 0, ring, ignores })
  let delivering = false
  let again = false
  let delivery = Promise.resolve()
  let closed = false
  let nextRecovery = 0
  let nextDue = Infinity
  let timer: NodeJS.Timeout | undefined

  return {
    async wait (options) {
      if (closed) throw new FST_NETLIFY_QUEUE_UNAVAILABLE('it is closed')
      if (options.signal.aborted) return []
      const { promise, resolve, reject } = Promise.withResolvers<Claim[]>()
      const wait = { options, end, fail }
      waits.add(wait)
      options.signal.addEventListener('abort', abandon)
      ring()
      return await promise

      function end (claims: Claim[]): void {
        leave()
        resolve(claims)
      }

      function fail (error: unknown): void {
        leave()
        reject(error)
      }

      function abandon (): void {
        end([])
      }

      function leave (): void {
        waits.delete(wait)
        options.signal.removeEventListener('abort', abandon)
        setTimer()
      }
    },

    hold,

    letGo (lease) {
      leases.delete(lease)
    },

    async close () {
      closed = true
      for (const wait of waits) wait.end([])
      await within(GIVE_BACK_TIMEOUT, delivery)
    }
  }

  function hold (lease: string, duration: number): void {
    leases.set(lease, { end: Date.now() + duration, looks: 0 })
    setTimer()
  }

  function ignores (functionName: string): boolean {
    return [...waits].every(({ options }) => options.except?.includes(functionName))
  }

  function ring (): void {
    again = true
    if (!delivering) delivery = deliver()
  }

  async function deliver (): Promise<void> {
    delivering = true
    do {
      again = false
      for (const wait of waits) await serve(wait)
    } while (again)
    delivering = false
    setTimer()
  }

  async function serve (wait: Wait): Promise<void> {
    try {
      const missesNothing = bell.listening
      let claims = await take(wait)
      if (claims.length === 0 && waits.has(wait) && !missesNothing) {
        await bell.listen()
        claims = await take(wait)
      }
      if (claims.length === 0) return
      if (waits.has(wait)) wait.end(claims)
      else await giveBack(claims)
    } catch (error) {
      wait.fail(error)
    }
  }

  // What was leased before an error is not lost by it; what is leased later, by a call that was given up, goes back.
  async function take (wait: Wait): Promise<Claim[]> {
    const claims: Claim[] = []
    let over = false
    const isOver = (): boolean => over || !waits.has(wait)
    try {
      await link.use((store) => fill(claims, store, wait.options, isOver))
    } catch (error) {
      if (claims.length === 0) throw error
    } finally {
      over = true
    }
    return claims
  }

  async function fill (claims: Claim[], store: Store, options: ClaimOptions, isOver: () => boolean): Promise<void> {
    const { limit, leaseDuration, except = [] } = options
    await recover(store, leaseDuration)
    nextDue = await store.promote(except.length > 0)
    const wanted = except.length === 0 ? limit : await bringForward(store, except, limit)
    while (claims.length < wanted && !isOver()) {
      const lease = randomUUID()
      settings.lockDuration = leaseDuration
      const [record] = await store.backend.moveToActive(lease)
      if (!record) return
      const job = toJob(record, 'running')
      // Where another process was faster, what is in front now may be anything.
      if (isOver() || except.includes(job.function)) return await store.release(toRecordId(job.id), lease)
      hold(lease, leaseDuration)
      claims.push({ job, lease })
    }
  }

  async function bringForward (store: Store, except: readonly string[], limit: number): Promise<number> {
    const ids = await store.lookAhead(except, limit)
    for (const id of ids.toReversed()) await unlessLost(store.backend.changePriority(id, 0, true))
    return ids.length
  }

  async function recover (store: Store, leaseDuration: number): Promise<void> {
    const now = Date.now()
    const ended = [...leases].filter(([, { end }]) => end <= now)
    if (ended.length === 0 && now < nextRecovery) return
    nextRecovery = now + Math.min(leaseDuration / 3, LONGEST_RECOVERY_INTERVAL)
    await store.recover()
    for (const [lease, { looks }] of ended) {
      if (looks === LOOKS_AT_LOST_LEASE) leases.delete(lease)
      else leases.set(lease, { end: now + PAUSE_BETWEEN_LOOKS, looks: looks + 1 })
    }
  }

  async function giveBack (claims: Claim[]): Promise<void> {
    for (const { job, lease } of claims.toReversed()) {
      leases.delete(lease)
      await link.use((store) => store.release(toRecordId(job.id), lease))
    }
  }

  function setTimer (): void {
    clearTimeout(timer)
    if (waits.size === 0 || delivering) return
    const leaseEnds = [...leases.values()].map(({ end }) => end)
    const next = Math.min(nextDue, nextRecovery, ...leaseEnds) - Date.now()
    timer = setTimeout(ring, Math.max(0, Math.min(next, LONGEST_TIMER)))
  }
}
