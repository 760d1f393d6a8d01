import type { Print } from '../globals.ts'
import { ThreadInvocation } from './thread-invocation.ts'
import type { Ledger } from './ledger.ts'
import type { FromThread, OutputMessage } from './messages.ts'
import type { Outbox } from './outbox.ts'

/** Characters on their way to a pool that has not heard them yet; whatever is printed beyond is counted, and thrown away. */
const MOST_UNHEARD = 1024 * 1024
/** Texts of one turn of the event loop that leave at once: they may be the last before the thread hangs or is out of memory. */
const MOST_AT_ONCE = 8
/** Characters after which the others leave, though the code that prints does not give control back. */
const MOST_UNSENT = 32 * 1024
/** What a message costs besides its text, about. */
const OVERHEAD = 128

/** Counts of a text what both sides of a thread count. */
export function outputCost ({ text }: Pick<OutputMessage, 'text'>): number {
  return text.length + OVERHEAD
}

/** Hands what functions print in a thread to the pool, as fast as the pool listens. */
export function createThreadPrint (ledger: Pick<Ledger, 'heard'>, outbox: Pick<Outbox<FromThread>, 'post' | 'flush'>): Print {
  let said = 0
  let unsent = 0
  let ofTurn = 0
  let dropped = 0

  return (code, level, text) => {
    // Both count around, like all numbers of 32 bits.
    if (((said - ledger.heard) | 0) > (dropped > 0 ? MOST_UNHEARD / 2 : MOST_UNHEARD)) {
      dropped++
      return
    }
    const { functionName, requestId, job } = code
    const call = code instanceof ThreadInvocation ? code.call : undefined
    if (dropped > 0) post({ type: 'output', call, functionName, requestId, job, level: 'warn', text: `${dropped} more texts were printed, faster than they could be logged` })
    dropped = 0
    post({ type: 'output', call, functionName, requestId, job, level, text })
  }

  function post (message: OutputMessage): void {
    const cost = outputCost(message)
    outbox.post(message)
    said = (said + cost) | 0
    unsent += cost
    if (ofTurn === 0) setImmediate(() => { ofTurn = 0 })
    ofTurn++
    if (ofTurn > MOST_AT_ONCE && unsent < MOST_UNSENT) return
    outbox.flush()
    unsent = 0
  }
}
