import type { Config, Context as NetlifyContext, Handler, HandlerContext, HandlerEvent } from '@netlify/functions'
import { getContext } from '@netlify/functions'
import type { Context, RouteConfig } from '../../lib/index.ts'
import type { LambdaContext, LambdaEndings } from '../../lib/lambda/context.ts'
import type { LambdaEvent } from '../../lib/lambda/event.ts'
import type { Equal, Expect } from './expect.ts'

declare const context: Context
declare const event: LambdaEvent
declare const lambdaContext: LambdaContext & LambdaEndings

// A function written for Netlify, as its guide shows it.
const netlifyFunction = async (req: Request, { params, cookies, geo, site }: NetlifyContext): Promise<Response> => {
  cookies.set({ name: 'seen', value: 'yes', maxAge: 60 })
  cookies.set('city', params.city ?? geo.city ?? '')
  return Response.json({ url: req.url, site: site.name, seen: cookies.get('seen') })
}
const netlifyConfig: Config = { path: ['/travel/:city', '/trip/:city'], method: 'GET', preferStatic: true }
const netlifyHandler: Handler = async ({ body }) => ({ statusCode: 200, body: body ?? '' })

// What functions are called with is what they are typed with; an optional key may be there and undefined.
type Nested = 'deploy' | 'geo' | 'server' | 'site'
type Loose<T> = { [Key in keyof T]: object extends Pick<T, Key> ? T[Key] | undefined : T[Key] }
const { cookies, ...others } = context
const netlifyContext: Omit<NetlifyContext, 'cookies' | Nested> & { [Key in Nested]: Loose<NetlifyContext[Key]> } = others
const netlifyCookies: Omit<NetlifyContext['cookies'], 'get'> = cookies
// @ts-expect-error a cookie may be missing, which Netlify's type does not say
const seen: string = cookies.get('seen')

// `identity` is null, where Netlify's type has an optional key.
const netlifyEvent: Loose<HandlerEvent> = event
const netlifyLambdaContext: Omit<HandlerContext, 'identity'> = lambdaContext

// The same function with the types of this package needs no other.
const ownFunction = async (_req: Request, { params, cookies, ip, requestId, waitUntil, json }: Context): Promise<Response> => {
  waitUntil(Promise.resolve())
  return json({ city: params.city, seen: cookies.get('seen'), ip, requestId })
}
await ownFunction(new Request('http://localhost/'), context)
// @ts-expect-error a cookie's value is a string
context.cookies.set({ name: 'seen', value: true })
// @ts-expect-error what the route said does not change
context.params.city = 'Rome'

export type Checks = [
  Expect<Equal<Context['requestId'], NetlifyContext['requestId']>>,
  Expect<Equal<Context['url'], NetlifyContext['url']>>,
  Expect<Equal<RouteConfig['netlifyFunctions'][number]['path'], string>>,
  Expect<Equal<ReturnType<typeof getContext>, NetlifyContext>>
]
export { netlifyConfig, netlifyContext, netlifyCookies, netlifyEvent, netlifyFunction, netlifyHandler, netlifyLambdaContext, seen }
