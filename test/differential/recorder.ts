/** A module of the test site: writes down everything that a function can see. */
export const recorder = String.raw`
  import { getContext } from '@netlify/functions'

  const PROPERTIES = ['method', 'url', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive', 'isReloadNavigation', 'isHistoryNavigation', 'duplex', 'bodyUsed']
  const STORE = Symbol.for('@netlify/functions/request-context-store')
  // Of each process, not of the runtime.
  const VARIABLES = ['GREETING', 'EMPTY', 'UNICODE', 'ABSENT', 'SITE_ID', 'SITE_NAME', 'URL', 'AWS_REGION']

  export async function record (request, context, ...others) {
    const { env } = Netlify
    return {
      arguments: others.length,
      request: {
        ...Object.fromEntries(PROPERTIES.map((name) => [name, show(request[name])])),
        tag: String(request),
        isRequest: request instanceof Request,
        ownKeys: Object.keys(request),
        headers: [...request.headers],
        hasBody: request.body !== null,
        bodyIsStream: request.body instanceof ReadableStream,
        aborted: request.signal.aborted,
        content: await read(request),
        bodyUsedAfter: request.bodyUsed
      },
      context: {
        keys: Reflect.ownKeys(context).map(String),
        enumerable: Object.values(Object.getOwnPropertyDescriptors(context)).map(({ enumerable, get }) => enumerable && get === undefined),
        prototype: Object.getPrototypeOf(context) === Object.prototype,
        then: show(context.then),
        toJSON: show(context.toJSON),
        unknown: show(context.unknown),
        members: Object.fromEntries(Object.entries(context).map(([name, member]) => [name, show(member)])),
        flags: [show(context.flags.get('any')), [...context.flags.evaluations]],
        freshUrl: context.url !== new URL(request.url) && context.url.href === request.url
      },
      globals: {
        keys: Object.keys(Netlify),
        envKeys: Object.keys(env),
        sameContext: Netlify.context === context,
        getContext: getContext() === context,
        store: globalThis[STORE].getStore().context === context,
        types: [typeof caches, typeof URLPattern, typeof fetch],
        identity: show(globalThis.netlifyIdentityContext),
        variables: VARIABLES.map((name) => [show(env.get(name)), env.has(name), show(env.toObject()[name]), show(process.env[name])])
      }
    }
  }

  export function show (value) {
    if (value === undefined) return '(undefined)'
    if (typeof value === 'function') return '(function)'
    if (value instanceof URL) return 'URL ' + value.href
    if (Array.isArray(value)) return value.map(show)
    if (typeof value !== 'object' || value === null) return value
    return Object.entries(value).map(([name, member]) => [name, show(member)])
  }

  async function read (request) {
    const reader = request.headers.get('x-reader') ?? 'text'
    try {
      if (reader === 'json') return [await request.json()]
      if (reader === 'arrayBuffer') return hex(await request.arrayBuffer())
      if (reader === 'bytes') return hex(await request.bytes())
      if (reader === 'blob') return await showBlob(await request.blob())
      if (reader === 'formData') return await Promise.all(Array.from(await request.formData(), async ([name, value]) => [name, typeof value === 'string' ? value : [value.name, await showBlob(value)]]))
      if (reader === 'stream') return hex(await new Response(request.body).arrayBuffer())
      if (reader === 'clone') return [await request.clone().text(), await request.text()]
      if (reader === 'copy') return await new Request(request).text()
      if (reader === 'twice') return [await request.text(), await request.text().catch(({ name }) => name)]
      if (reader === 'none') return 'not read'
      return await request.text()
    } catch (error) {
      return { error: error.name }
    }
  }

  function hex (bytes) {
    return Buffer.from(bytes).toString('hex')
  }

  async function showBlob (blob) {
    return [blob.type, blob.size, hex(await blob.arrayBuffer())]
  }
`
