import { workerData } from 'node:worker_threads'
import { enableSourceMaps } from '../../build/load.ts'
import { containFunctionErrors } from '../containment.ts'
import { installGlobals } from '../globals.ts'
import { CallDesk } from './call-desk.ts'
import { installCollector } from './garbage.ts'
import { Ledger } from './ledger.ts'
import type { Batch, FromThread, Payload, ThreadData, ToThread, UrgentMessage } from './messages.ts'
import { Outbox, unpack } from './outbox.ts'
import { guardProcess } from './process-guard.ts'
import { awaitLook } from './thread-ends.ts'
import { createThreadLog } from './thread-log.ts'
import { createThreadPrint } from './thread-output.ts'

/** Milliseconds after which what has been answered leaves before more is begun. */
const TURN = 1

// The pool starts this file with its end of the connection as the data.
const { port, ledger: buffer, looking } = workerData as ThreadData
const outbox = new Outbox<FromThread>(port)
const ledger = new Ledger(buffer)
const collect = installCollector()
const desk = new CallDesk(ledger, (message, payload) => outbox.post(message, payload), createThreadPrint(ledger, outbox))
let waiting: Array<[message: Exclude<ToThread, UrgentMessage>, payload: Payload]> = []
let isTurnSet = false

enableSourceMaps()
installGlobals()
containFunctionErrors(createThreadLog(() => undefined, (message) => outbox.post(message)))
guardProcess((by, how) => {
  outbox.post({ type: 'ending', by, how })
  outbox.flush()
  ledger.leave()
  awaitLook(looking)
})
port.on('message', (batch: Batch) => {
  unpack<ToThread>(batch, (message, payload) => {
    if (message.type === 'ping') ledger.answer(message.number)
    else if (message.type === 'collect') collect()
    else waiting.push([message, payload])
  })
  if (!isTurnSet) work()
})
outbox.post({ type: 'up' })

function work (): void {
  isTurnSet = false
  const begun = performance.now()
  const messages = waiting
  waiting = []
  for (const [index, [message, payload]] of messages.entries()) {
    desk.receive(message, payload)
    if (performance.now() - begun < TURN || index === messages.length - 1) continue
    waiting = messages.slice(index + 1)
    isTurnSet = true
    setImmediate(work)
    return
  }
}
