import type { FunctionKind, IsolationMode } from '../functions/definition.ts'
import { compileGlob } from '../site/glob.ts'
import type { Invoker } from './invoker.ts'

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
export function createIsolatingInvoker (invokers: Readonly<Record<IsolationMode, Invoker>>): Invoker {
  return {
    invoke: (definition, request, invocation) => invokers[definition.isolation].invoke(definition, request, invocation)
  }
}
