import type { FunctionKind } from '../functions/definition.ts'
import { compileGlob } from '../site/glob.ts'
import type { Invoker } from './invoker.ts'

/** Where a function runs: in the thread of the server, or in another one. */
export type IsolationMode = 'inline' | 'thread'

export interface IsolationRules extends Readonly<Record<FunctionKind, IsolationMode>> {
  /** By globs for the names of functions; the first that fits counts, whatever the kind. */
  readonly functions: Readonly<Record<string, IsolationMode>>
}

/** Tells where a function runs. */
export type Isolation = (name: string, kind: FunctionKind) => IsolationMode

export function createIsolation (rules: IsolationRules): Isolation {
  const named = Object.entries(rules.functions).map(([glob, mode]) => ({ matches: compileGlob(glob), mode }))
  return (name, kind) => named.find(({ matches }) => matches(name))?.mode ?? rules[kind]
}

/** Runs each function where it belongs. */
export function createIsolatingInvoker (isolation: Isolation, invokers: Readonly<Record<IsolationMode, Invoker>>): Invoker {
  const modes = new WeakMap<object, Invoker>()
  return {
    invoke (definition, request, invocation) {
      let invoker = modes.get(definition)
      if (invoker === undefined) {
        invoker = invokers[isolation(definition.name, definition.kind)]
        modes.set(definition, invoker)
      }
      return invoker.invoke(definition, request, invocation)
    }
  }
}
