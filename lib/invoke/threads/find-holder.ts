import type { Session } from 'node:inspector'
import { COLLECT, type Culprit } from './messages.ts'
import { beginLook, endLook, isThere } from './thread-ends.ts'

/** Milliseconds for one look. */
const PATIENCE = 1_000
/** A thread may be between two pieces of user code when it is looked at. */
const LOOKS = 5
/** A look ends early when a thread is ended. */
const ATTEMPTS = 5
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
  const look = last.then(async () => await findIn(threadId, collects)).catch(() => undefined)
  last = look
  return look
}

async function findIn (threadId: number, collects: boolean): Promise<Culprit | undefined> {
  // Node.js may have been built without it.
  const { Session } = await import('node:inspector')
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const look = await lookInto(new Session(), threadId, collects)
    if (look !== 'interrupted') return look
    if (!isThere(threadId)) return undefined
  }
  return undefined
}

async function lookInto (session: Session, threadId: number, collects: boolean): Promise<Culprit | 'interrupted' | undefined> {
  const { promise, resolve } = Promise.withResolvers<Culprit | 'interrupted' | undefined>()
  let looked = ''
  let letGo = (): void => {}
  let isOver = false
  const end = (): void => {
    isOver = true
    letGo()
    letGo = () => {}
    session.disconnect()
  }
  const onInterrupt = (): void => {
    end()
    resolve('interrupted')
  }
  if (!await beginLook(onInterrupt)) return undefined
  // A thread may have been ended since.
  if (isOver) {
    endLook()
    return await promise
  }
  const timer = setTimeout(resolve, PATIENCE, undefined)
  process.once('exit', end)
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
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, () => {
      if (looked === '') resolve(undefined)
    })
    return await promise
  } finally {
    clearTimeout(timer)
    process.off('exit', end)
    end()
    endLook()
  }
}

/** Gives what lets the thread go on: a thread that is halted cannot be ended, nor can its process. */
function halt (session: Session, sessionId: string, expression: string, onFound: (culprit: Culprit | undefined) => void): () => void {
  let looks = 0
  let asked = 0
  let isFree = false
  let found: Culprit | undefined
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
    if (params.sessionId !== sessionId) return
    const message = JSON.parse(params.message) as Reply
    if (message.method === 'Debugger.paused') {
      looks++
      isFree = false
      // Not in the frame that was halted: Node.js's own frames have other globals.
      asked = send('Runtime.evaluate', { expression, returnByValue: true })
    } else if (message.method === 'Debugger.resumed') {
      // It is on its way out.
      if (!isFree) return
      if (found === undefined && looks < LOOKS) send('Debugger.pause')
      else onFound(found)
    } else if (message.id === asked && asked > 0) {
      const value = message.result?.result?.value
      if (typeof value === 'string') found = JSON.parse(value) as Culprit
      isFree = true
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
