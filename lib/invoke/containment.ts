import { toError } from '../functions/foreign-value.ts'
import { runningCode, type RunningCode } from './globals.ts'

/** The types of `process.emit` name every event; here all but two pass. */
const emitter = process as { emit: (event: string, ...args: unknown[]) => boolean }

/** Gets the errors whose origin is not known, where there is no host that they could be of. */
type StrangersLog = Pick<RunningCode['log'], 'error'>

/** What has been logged of each call. */
const logged = new WeakMap<object, Set<string>>()

let users = 0
let uninstall = (): void => {}

/**
 * Keeps the process, or the thread, alive when a function throws where nobody can catch it, as in a timer, or leaves a
 * rejection unhandled: what began in a function is logged as that function's. Anything else goes its usual way,
 * unless `strangers` is given. Gives a function that takes it back; there may be several users at once.
 */
export function containFunctionErrors (strangers?: StrangersLog): () => void {
  if (users++ === 0) uninstall = interceptProcessErrors(strangers)
  let released = false
  return () => {
    if (released) return
    released = true
    if (--users === 0) uninstall()
  }
}

/**
 * A listener would be one too many: it would turn off the end of the process for everybody's errors, and
 * not keep the host's own listeners, which often end the process, from a function's errors.
 */
function interceptProcessErrors (strangers: StrangersLog | undefined): () => void {
  const { emit } = emitter
  const intercept: typeof emit = (event, ...args) => {
    const isError = event === 'uncaughtException' || event === 'unhandledRejection'
    const code = isError ? runningCode() : undefined
    if (code !== undefined) logOnce(code, code.log, { function: code.functionName, requestId: code.requestId }, event, args[0])
    else if (isError && strangers !== undefined) logOnce(strangers, strangers, {}, event, args[0])
    else return Reflect.apply(emit, process, [event, ...args])
    return true
  }
  emitter.emit = intercept
  return () => {
    // Somebody may have put their own over it since; then it must stay, and lets everything through.
    if (emitter.emit === intercept) emitter.emit = emit
  }
}

/** Once per call: a timer that nobody stops throws the same for ever. */
function logOnce (origin: object, log: StrangersLog, details: object, event: string, error: unknown): void {
  const what = event === 'uncaughtException' ? 'an error that a function threw outside of its call' : 'a rejection that a function did not handle'
  const known = logged.get(origin) ?? new Set()
  const sound = toError(error)
  if (known.has(sound.message)) return
  logged.set(origin, known.add(sound.message))
  try {
    log.error({ ...details, err: sound }, what)
  } catch {
    // One of its other properties throws when it is looked at; here, that would end the process.
    log.error(details, what)
  }
}
