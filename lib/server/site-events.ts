import { EventEmitter } from 'node:events'
import type { Observers } from '../invoke/observers.ts'
import type { SiteEvents } from './handle.ts'

/** What `app.netlifyFunctions.on()` listens to. Invocations are told while somebody listens, since telling costs something. */
export function createSiteEvents (observers: Observers): EventEmitter<SiteEvents> {
  const events = new EventEmitter<SiteEvents>()
  // Node.js tells of a listener before it is one, and of one that has gone after it was one.
  const lifecycle: EventEmitter = events
  let stop: (() => void) | undefined
  lifecycle.on('newListener', (event) => {
    if (event === 'invocation') stop ??= observers.add({ ended: (record) => { events.emit('invocation', record) } })
  })
  lifecycle.on('removeListener', (event) => {
    if (event !== 'invocation' || events.listenerCount('invocation') > 0) return
    stop?.()
    stop = undefined
  })
  return events
}
