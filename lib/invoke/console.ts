import { Console } from 'node:console'
import { formatWithOptions } from 'node:util'
import { boundOutput, CONSOLE, type OutputLevel } from '../functions/output.ts'

/** Takes one text that was printed. */
type Write = (level: OutputLevel, text: string) => void
type Method = (...args: unknown[]) => unknown

/** The methods of `console` that print, and at which level. */
const LEVELS: Readonly<Record<string, OutputLevel>> = {
  log: 'info',
  info: 'info',
  debug: 'debug',
  warn: 'warn',
  error: 'error',
  dir: 'info',
  dirxml: 'info',
  table: 'info',
  assert: 'warn',
  count: 'info',
  countReset: 'info',
  time: 'info',
  timeEnd: 'info',
  timeLog: 'info'
}
/** As Node.js has it. */
const INDENTATION = 2
const MOST_INDENTATION = 1000

/**
 * Puts in place what bundles make their `console` with when they are loaded; the global one stays as it is.
 *
 * @param owner gives the call, or whatever else the code belongs to that runs now: each has its own groups
 */
export function installConsole (write: Write, owner: () => object | undefined): void {
  const key = Symbol.for(CONSOLE)
  if (Object.hasOwn(globalThis, key)) return
  Object.defineProperty(globalThis, key, { value: () => createConsole(write, owner) })
}

/** Makes an object with all that the global `console` has, whose methods hand what they print to `write`. */
export function createConsole (write: Write, owner: () => object | undefined): Console {
  let level: OutputLevel = 'info'
  const groups = new WeakMap<object, string>()
  const stream = { write: (text: string) => { write(level, boundOutput(indented(text.slice(0, -1)))) } } as NodeJS.WritableStream
  // Counters and timers are its own, too.
  const printer = new Console({ stdout: stream, stderr: stream, ignoreErrors: false, colorMode: false })
  const methods: Record<string, Method> = {
    ...Object.fromEntries(Object.entries(LEVELS).map(([name, level]) => [name, printing(name, level)])),
    trace (...args) {
      const trace = { name: 'Trace', message: formatWithOptions({}, ...args), stack: '' }
      Error.captureStackTrace(trace, methods.trace)
      at('error', () => printer.error(trace.stack))
    },
    group (...args) {
      if (args.length > 0) methods.log!(...args)
      indent((indentation) => indentation + ' '.repeat(INDENTATION))
    },
    groupCollapsed: (...args) => methods.group!(...args),
    // A log is not a terminal, and the terminal is not the function's.
    clear () {},
    groupEnd () { indent((indentation) => indentation.slice(INDENTATION)) }
  }
  const { console } = globalThis
  return Object.create(Object.getPrototypeOf(console) as object, {
    ...Object.getOwnPropertyDescriptors(console),
    ...Object.fromEntries(Object.entries(methods).map(([name, value]) => [name, { value, configurable: true, enumerable: true, writable: true }]))
  }) as Console

  function printing (name: string, level: OutputLevel): Method {
    const method = (printer as unknown as Record<string, Method>)[name]!
    return { [name]: (...args: unknown[]) => at(level, () => method(...args)) }[name]!
  }

  /** What is printed may print while it is looked at. */
  function at (inner: OutputLevel, print: () => unknown): void {
    const outer = level
    level = inner
    try {
      print()
    } finally {
      level = outer
    }
  }

  function indent (change: (indentation: string) => string): void {
    const key = owner() ?? printer
    const indentation = change(groups.get(key) ?? '')
    if (indentation.length <= MOST_INDENTATION) groups.set(key, indentation)
  }

  function indented (text: string): string {
    const indentation = groups.get(owner() ?? printer) ?? ''
    return indentation === '' ? text : indentation + text.replaceAll('\n', `\n${indentation}`)
  }
}
