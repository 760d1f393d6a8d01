import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { COLLECT } from './messages.ts'

/** Gives what collects the garbage of this thread, and leaves it where one who halts the thread finds it. */
export function installCollector (): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  Object.defineProperty(globalThis, Symbol.for(COLLECT), { value: collect })
  return collect
}
