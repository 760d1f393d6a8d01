import type { Call } from './exchange.ts'

/** Bodies of handlers, each called with `request` and `context`, by what they do. */
export type Handlers = Readonly<Record<string, string>>

/** The module whose default export runs the handler that the header `x-case` names. */
export function handlersModule (handlers: Handlers): string {
  return `
    const handlers = [${Object.values(handlers).map((body) => `async (request, context) => { ${body} }`).join(',\n')}]
    export default async (request, context) => await handlers[request.headers.get('x-case')](request, context)`
}

/** A call of one of the handlers. */
export function handlerCall (file: string, handlers: Handlers, title: string, call: Partial<Call> = {}): Call {
  const index = Object.keys(handlers).indexOf(title)
  return { title: `${call.method ?? 'a function that gives'} ${title}`, function: file, ...call, headers: [['x-case', String(index)], ...call.headers ?? []] }
}
