import type { Call } from '../exchange.ts'
import { handlerCall, handlersModule, type Handlers } from '../handlers.ts'

const HANDLERS: Handlers = {
  'what context.next throws, at once': 'return Response.json(caught(() => { context.next() }))',
  'what context.rewrite of a relative URL throws, at once': 'return Response.json(caught(() => { context.rewrite("x") }))',
  'what context.rewrite of a number throws, at once': 'return Response.json(caught(() => { context.rewrite(1) })[0])',
  'what context.rewrite of nothing throws, at once': 'return Response.json(caught(() => { context.rewrite() })[0])',
  'a rewrite to a URL': 'return await context.rewrite(new URL("data:text/plain,there"))',
  'a rewrite to the text of a URL': 'return await context.rewrite("data:text/plain,there")',
  'what its members return': 'return Response.json([context.log("x"), context.waitUntil(1), context.cookies.set("a", "b"), context.cookies.delete("c")].map(String))',
  'what detached members do': 'const { cookies: { get, set }, json, waitUntil, log } = context; set("a", "b"); log("x"); waitUntil(1); return json([get("a") ?? null])',
  'a spread context': 'return Response.json(Object.keys({ ...context }))',
  'an assigned context': 'const copy = Object.assign({}, context); copy.cookies.set("a", "b"); return copy.json(copy.params)',
  'a context as JSON': 'return Response.json({ ...JSON.parse(JSON.stringify(context)), requestId: context.requestId.length })',
  'a context that cannot be cloned': 'return Response.json(caught(() => { structuredClone(context) })[0])',
  'an awaited context': 'return Response.json((await context) === context)',
  'a context with other members': 'context.geo = 1; context.extra = 2; delete context.ip; return Response.json([context.geo, context.extra, "ip" in context, Netlify.context.extra])',
  'a context whose URL changes': 'context.url.searchParams.set("a", "b"); return Response.json([context.url.search, new URL(request.url).search])',
  'a context that is frozen': 'Object.freeze(context); context.cookies.set("a", "b"); return Response.json(Object.isFrozen(context))',
  'the tag of a context': 'return Response.json([String(context), Object.isExtensible(context), context.constructor === Object, "nope" in context])',
  'the context after a pause': 'await new Promise(setImmediate); return Response.json(Netlify.context === context)',
  'the context in a timer': 'return Response.json(await new Promise((resolve) => setTimeout(() => resolve(Netlify.context === context), 1)))',
  'the context in a stream': 'return new Response(new ReadableStream({ pull (c) { c.enqueue(String(Netlify.context === context)); c.close() } }, { highWaterMark: 0 }))',
  'the context in waitUntil': 'const { promise, resolve } = Promise.withResolvers(); context.waitUntil(promise.then(() => Netlify.context === context)); resolve(); return Response.json(await promise.then(() => Netlify.context === context))',
  'variables that are set': 'const { env } = Netlify; env.set("NEW", 1); const had = [env.get("NEW"), env.has("NEW"), env.toObject().NEW]; env.delete("NEW"); return Response.json([had, env.get("NEW") ?? null, env.has("NEW"), "NEW" in env.toObject()])',
  'a variable that is set in process.env': 'process.env.FROM_PROCESS = "1"; const seen = Netlify.env.get("FROM_PROCESS"); delete process.env.FROM_PROCESS; return Response.json([seen, Netlify.env.has("FROM_PROCESS")])',
  'detached variables': 'const { get, has } = Netlify.env; return Response.json([get("GREETING"), has("GREETING"), has("EMPTY"), has("ABSENT")])',
  'a variable that is set for process.env too': 'Netlify.env.set("SHARED", "1"); const seen = process.env.SHARED ?? null; Netlify.env.delete("SHARED"); return Response.json(seen)'
}

const FILE = 'uses-context'
const REWRITES: Handlers = {
  'a rewrite to a path': 'return await context.rewrite("/elsewhere")',
  'a rewrite to a path with a query': 'return await context.rewrite("/elsewhere?x=1#y")',
  'a rewrite to the same host by URL': 'return await context.rewrite(new URL("/elsewhere?x=1", request.url))'
}

export const contextFiles: Readonly<Record<string, string>> = {
  [`${FILE}.mjs`]: `${handlersModule(HANDLERS)}
    function caught (run) {
      try {
        return run() ?? 'nothing'
      } catch ({ name, message }) {
        return [name, message]
      }
    }`,
  'rewrites.mjs': handlersModule(REWRITES),
  'bound.mjs': `
    export default {
      secret: 'of the exported object',
      fetch () { return new Response(String(this?.secret)) }
    }`,
  'this.mjs': 'export default function () { return Response.json([typeof this, Object.keys(this), this === globalThis]) }'
}

export const contextCalls: Call[] = [
  ...Object.keys(HANDLERS).map((title) => handlerCall(FILE, HANDLERS, title, { headers: [['cookie', 'a=1']] })),
  { title: 'a handler in an object', function: 'bound' },
  { title: 'what `this` is', function: 'this' }
]

/** @param upstream host and port of a server that tells what it is asked for */
export function rewriteCalls (upstream: string): Call[] {
  return Object.keys(REWRITES).map((title) => handlerCall('rewrites', REWRITES, title, { host: upstream, target: '/.netlify/functions/rewrites?kept=1', headers: [['x-own', 'not forwarded']] }))
}
