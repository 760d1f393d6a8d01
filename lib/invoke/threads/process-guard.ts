import { runningCode } from '../globals.ts'
import type { Culprit } from './messages.ts'

/**
 * Tells who ends the thread by `process.exit` and its like. A signal that a function sends to the process itself, which
 * is the whole server's, ends its thread only.
 *
 * @param onEnd called before the thread ends
 */
export function guardProcess (onEnd: (by: Culprit, how: string) => void): void {
  const { exit, kill } = process
  const { reallyExit } = process as unknown as { reallyExit: (code?: number) => never }
  let isEnding = false
  const end = (how: string, code?: Parameters<typeof exit>[0]): never => {
    if (isEnding) return exit.call(process, code)
    isEnding = true
    // In a thread, the code of a call has its number.
    const { call, functionName, requestId } = (runningCode() ?? {}) as Culprit
    onEnd({ call, functionName, requestId }, how)
    try {
      return exit.call(process, code)
    } catch {
      // A listener of 'exit' has thrown, and would have the thread live on.
      return reallyExit.call(process, Number(code) || 0)
    }
  }
  process.exit = (code) => end('it called process.exit', code)
  // Node.js's own exit comes by here.
  Object.assign(process, { reallyExit: (code?: number) => isEnding ? reallyExit.call(process, code) : end('it called process.reallyExit', code) })
  process.abort = () => end('it called process.abort', 134)
  process.kill = (pid, signal) => {
    if (Number(pid) !== process.pid || signal === 0) return kill.call(process, pid, signal)
    return end(`it sent ${signal ?? 'SIGTERM'} to the process`, 1)
  }
}
