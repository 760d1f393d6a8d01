import type { Config } from '@netlify/functions'
import { errors } from '../../lib/index.ts'
import type { FunctionConfig } from '../../lib/functions/config.ts'
import type { RateLimit } from '../../lib/functions/rate-limit.ts'
import type { Equal, Expect } from './expect.ts'

// What a function typed with Netlify's `Config` may say is read here.
const config: Config = {
  path: '/api/*',
  excludedPath: ['/api/internal/*'],
  method: ['GET', 'POST'],
  preferStatic: true,
  memory: '2gb',
  region: 'fra',
  generator: 'a framework',
  rateLimit: { windowLimit: 100, windowSize: 60, aggregateBy: ['ip', 'domain'], action: 'rewrite', to: '/slow-down' }
}

declare const read: FunctionConfig
const milliseconds: number | undefined = read.rateLimit?.windowSize
// @ts-expect-error a checked config does not change
read.rateLimit = undefined

const limited: Error = new errors.FST_NETLIFY_RATE_LIMITED('hello', 60)
// @ts-expect-error the seconds are a number
export const wrong = new errors.FST_NETLIFY_RATE_LIMITED('hello', 'soon')

type KeyOf<T> = T extends unknown ? keyof T : never
type KeptRateLimit = 'action' | 'to'

export type Checks = [
  Expect<Equal<Exclude<KeyOf<Config>, keyof FunctionConfig>, never>>,
  Expect<Equal<Exclude<KeyOf<NonNullable<Config['rateLimit']>>, keyof RateLimit | KeptRateLimit>, never>>
]
export { config, limited, milliseconds }
