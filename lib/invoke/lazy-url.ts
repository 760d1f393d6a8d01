import { inspect, type InspectOptions } from 'node:util'

/**
 * A `URL` that is parsed when it is first used, as most functions do not use `context.url`. Native members accept
 * nothing but what the native constructor made, so each of them is overridden.
 *
 * @param place its `url` is absolute and valid, and read then
 */
export function createLazyUrl (place: { readonly url: string }): URL {
  return new LazyUrl(place) as unknown as URL // Its members are defined below.
}

class LazyUrl {
  readonly #place: { readonly url: string }
  #url: URL | undefined = undefined

  constructor (place: { readonly url: string }) {
    this.#place = place
  }

  static parse (lazy: LazyUrl): URL {
    lazy.#url ??= new URL(lazy.#place.url)
    return lazy.#url
  }

  [inspect.custom] (_depth: number, options: InspectOptions): string {
    return inspect(LazyUrl.parse(this), options)
  }
}

Object.setPrototypeOf(LazyUrl.prototype, URL.prototype)
Object.defineProperty(LazyUrl.prototype, 'constructor', { value: URL, configurable: true, writable: true })
for (const [name, native] of Object.entries(Object.getOwnPropertyDescriptors(URL.prototype))) {
  if (name !== 'constructor') Object.defineProperty(LazyUrl.prototype, name, overridden(native))
}

function overridden (native: PropertyDescriptor): PropertyDescriptor {
  const { get, set, value, ...attributes } = native
  if (typeof value === 'function') {
    return { ...attributes, value (this: LazyUrl, ...args: unknown[]) { return Reflect.apply(value, LazyUrl.parse(this), args) } }
  }
  return {
    ...attributes,
    ...(get && { get (this: LazyUrl) { return Reflect.apply(get, LazyUrl.parse(this), []) as unknown } }),
    ...(set && { set (this: LazyUrl, to: unknown) { Reflect.apply(set, LazyUrl.parse(this), [to]) } })
  }
}
