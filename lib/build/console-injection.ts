import type { BuildOptions, Message, Plugin } from 'esbuild'
import { CONSOLE } from '../functions/output.ts'

/** Gives a bundle a `console` of its own, by `inject` and `define`. */
export interface ConsoleInjection extends Required<Pick<BuildOptions, 'inject' | 'define'>> {
  readonly plugin: Plugin
  /** Whether the bundle does with the name `console` only what can be done with the injected one. */
  readonly accepts: (warnings: readonly Message[], code: string) => boolean
}

const NAMESPACE = 'own-console'
const OBJECT = `${NAMESPACE}:object`
const NAME = 'console'
/** A name that no local variable shadows. */
const INJECTED = '__own_console'
const GLOBALS = ['globalThis', 'global']

/** Called for each bundle: what one function does to its `console` is nothing to the others. */
const OBJECT_MODULE = `export const ${NAME} = globalThis[Symbol.for(${JSON.stringify(CONSOLE)})]()
export { ${NAME} as ${INJECTED} }`

/** Of a member of `globalThis`, it becomes what no module may say. A member of `console` itself may go. */
const DELETED = new RegExp(`\\bdelete (?:${NAME}|${INJECTED})\\d*\\b(?!\\s*[.?[])`)

export const consoleInjection: ConsoleInjection = {
  inject: [OBJECT],
  define: Object.fromEntries(GLOBALS.map((global) => [`${global}.${NAME}`, INJECTED])),
  plugin: {
    name: NAMESPACE,
    setup (build) {
      build.onResolve({ filter: new RegExp(`^${NAMESPACE}:`) }, () => ({ path: 'object', namespace: NAMESPACE, sideEffects: false }))
      build.onLoad({ filter: /^/, namespace: NAMESPACE }, () => ({ contents: OBJECT_MODULE }))
    }
  },
  accepts: (warnings, code) => !warnings.some(({ id, text }) => id === 'assign-to-define' && text.includes(`.${NAME}`)) && !DELETED.test(code)
}

/** Tells whether that is why a bundle does not build: `console = …` cannot be done with an import. */
export function isConsoleRefused (messages: readonly Message[]): boolean {
  return messages.some(({ text }) => text.includes(`"${NAME}"`))
}

/** Tells whether an input of a bundle is ours. */
export function isInjectedConsole (input: string): boolean {
  return input.startsWith(`${NAMESPACE}:`)
}
