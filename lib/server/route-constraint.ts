import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** Tells whether a request is for the route that asks. */
export type RouteTest = (request: IncomingMessage) => boolean

/** The router's handlers behind one test, as bits of a number. */
interface TestedHandlers {
  readonly key: string
  readonly test: RouteTest | undefined
  bits: number
}

const STRATEGY = 'netlifyFunction'
/** The tests of each Fastify app's routes; all scopes of an app share one server, and one router. */
const testsByServer = new WeakMap<object, Map<string, RouteTest>>()

/**
 * Adds a route constraint that holds when `test` says so. Fastify's router cannot express a
 * URLPattern, but it can ask: a route whose test fails does not exist for the request, and the
 * router goes on to the host's next best route.
 *
 * @param label what `app.printRoutes()` shows
 */
export function addRouteTest (app: FastifyInstance, label: string, test: RouteTest): Record<string, string> {
  let tests = testsByServer.get(app.server)
  if (tests === undefined) {
    tests = new Map()
    testsByServer.set(app.server, tests)
    addStrategy(app, tests)
  }
  let key = label
  for (let copy = 2; tests.has(key); copy++) key = `${label} (${copy})`
  tests.set(key, test)
  return { [STRATEGY]: key }
}

function addStrategy (app: FastifyInstance, tests: ReadonlyMap<string, RouteTest>): void {
  app.addConstraintStrategy({
    name: STRATEGY,
    mustMatchWhenDerived: false,
    // The request itself is what routes are tested with, so requests for other routes cost nothing.
    deriveConstraint: (request) => request as unknown,
    validate () {},
    storage () {
      const handlers: TestedHandlers[] = []
      const handlersOf = (key: string): TestedHandlers | undefined => handlers.find((other) => other.key === key)
      const storage = {
        get (keyOrRequest: string | IncomingMessage): number | undefined {
          if (typeof keyOrRequest === 'string') return handlersOf(keyOrRequest)?.bits
          let matching = 0
          for (const { test, bits } of handlers) if (test?.(keyOrRequest) === true) matching |= bits
          return matching
        },
        set (key: string, bits: number) {
          const found = handlersOf(key)
          if (found === undefined) handlers.push({ key, test: tests.get(key), bits })
          else found.bits = bits
        }
      }
      // Fastify types the values as handlers; they are the router's bits.
      return storage as never
    }
  })
}
