import Fastify from 'fastify'
import netlifyFunctions, {
  errors,
  netlifyFunctions as named,
  type Context,
  type FunctionInfo,
  type NetlifyFunctionsOptions,
  type QueueDriver
} from 'fastify-netlify-functions'
import { queueConformance } from 'fastify-netlify-functions/queue/conformance'
import { memoryQueue, type MemoryQueueOptions } from 'fastify-netlify-functions/queue/memory'

const queueOptions: MemoryQueueOptions = { maxJobs: 10 }
const queue: QueueDriver = memoryQueue(queueOptions)
const options: NetlifyFunctionsOptions = { root: import.meta.dirname, limits: { timeout: 5_000 }, queue }

const app = Fastify()
await app.register(netlifyFunctions, options)
await app.register(named, { root: '/srv/shop', name: 'shop', constraints: { host: 'shop.example' } })
// @ts-expect-error a limit is a number
await app.register(netlifyFunctions, { limits: { timeout: '5s' } })

const functions: readonly FunctionInfo[] = app.netlifyFunctions.functions
const response: Response = await app.netlifyFunctions.invoke('hello')
const timeout: Error = new errors.FST_NETLIFY_TIMEOUT('hello', '10.00')
const greet = (_req: Request, { params }: Context): Response => new Response(params.name ?? '')
queueConformance((_name, body) => body(), () => queue)

export { functions, greet, response, timeout }
