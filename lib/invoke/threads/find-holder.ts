import type { Session } from 'node:inspector'
import { COLLECT, type Culprit } from './messages.ts'

/** Milliseconds for one look. */
const PATIENCE = 1_000
/** A thread may be between two pieces of user code when it is looked at. */
const LOOKS = 5
/** Whose code runs; where `getContext()` of @netlify/functions looks, too. */
const expression = (collects: boolean): string => `(() => {
  if (${collects}) globalThis[Symbol.for('${COLLECT}')]?.()
  const code = globalThis[Symbol.for('@netlify/functions/request-context-store')]?.getStore()?.code
  return code && JSON.stringify({ call: code.call, functionName: code.functionName, requestId: code.requestId })
})()`

/** What a thread's debugger says, as far as it is listened to. */
interface Reply {
  readonly method?: string
  readonly id?: number
  readonly result?: { readonly result?: { readonly value?: unknown } }
}

let last: Promise<unknown> = Promise.resolve()

/**
 * Finds out whose code keeps a thread from answering, by halting it for a moment as a debugger does. `undefined` when
 * that cannot be found out. Never rejects.
 *
 * @param collects whether the thread is to collect its garbage meanwhile
 */
export function findHolder (threadId: number, collects: boolean): Promise<Culprit | undefined> {
  // A look attaches to every thread of the process, so there is one at a time.
  const look = last.then(async () => await lookInto(threadId, collects)).catch(() => undefined)
  last = look
  return look
}

async function lookInto (threadId: number, collects: boolean): Promise<Culprit | undefined> {
  // Node.js may have been built without it.
  const { Session } = await import('node:inspector')
  const session = new Session()
  const { promise, resolve } = Promise.withResolvers<Culprit | undefined>()
  const timer = setTimeout(resolve, PATIENCE, undefined)
  let looked = ''
  let letGo = (): void => {}
  const onExit = (): void => letGo()
  process.once('exit', onExit)
  try {
    session.connect()
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      if (!workerInfo.title.startsWith(`[worker ${threadId}]`)) return
      looked = sessionId
      letGo = halt(session, sessionId, expression(collects), resolve)
    })
    // It may end while it is looked into.
    session.on('NodeWorker.detachedFromWorker', ({ params: { sessionId } }) => {
      if (sessionId === looked) resolve(undefined)
    })
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
    return await promise
  } finally {
    clearTimeout(timer)
    process.off('exit', onExit)
    letGo()
    session.disconnect()
  }
}

/** Gives what lets the thread go on: a thread that is halted cannot be ended, nor can its process. */
function halt (session: Session, sessionId: string, expression: string, onFound: (culprit: Culprit | undefined) => void): () => void {
  let looks = 0
  let asked = 0
  let found: Culprit | undefined
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
    if (params.sessionId !== sessionId) return
    const message = JSON.parse(params.message) as Reply
    if (message.method === 'Debugger.paused') {
      looks++
      // Not in the frame that was halted: Node.js's own frames have other globals.
      asked = send('Runtime.evaluate', { expression, returnByValue: true })
    } else if (message.method === 'Debugger.resumed') {
      if (found === undefined && looks < LOOKS) send('Debugger.pause')
      else onFound(found)
    } else if (message.id === asked && asked > 0) {
      const value = message.result?.result?.value
      if (typeof value === 'string') found = JSON.parse(value) as Culprit
      send('Debugger.resume')
    }
  })
  let sent = 0
  send('Debugger.enable')
  send('Debugger.pause')
  return () => { send('Debugger.disable') }

  function send (method: string, params: object = {}): number {
    session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: ++sent, method, params }) })
    return sent
  }
}
