import { markAsUncloneable } from 'node:worker_threads'
import type { FunctionRequest } from '../functions/exchange.ts'
import { headerName } from './header-name.ts'
import { showAs, standIn } from './stand-in.ts'

const NativeHeaders = Headers

/** Takes over the native headers of a request that has been made. */
let adopt: (light: LightHeaders, native: Headers) => void
/** What native headers equal to light ones are made of. */
let toInit: (light: LightHeaders) => HeadersInit

/**
 * The `headers` of a light request. `get` and `has` look into what Node.js has parsed; for everything else there are
 * native `Headers`, which are the truth from then on.
 */
export class LightHeaders {
  readonly #request: Pick<FunctionRequest, 'headers'>
  #record: FunctionRequest['headers'] | undefined = undefined
  #native: Headers | undefined = undefined

  static {
    adopt = (light, native) => { light.#native = native }
    toInit = (light) => light.#native ?? light.#readRecord()
    showAs(this, (light) => light.#toNative())
  }

  constructor (request: Pick<FunctionRequest, 'headers'>) {
    markAsUncloneable(this)
    this.#request = request
  }

  get (name: string): string | null {
    const found = this.#look(name)
    return found === undefined ? this.#toNative().get(...arguments as unknown as [string]) : found
  }

  has (name: string): boolean {
    const found = this.#look(name)
    return found === undefined ? this.#toNative().has(...arguments as unknown as [string]) : found !== null
  }

  append (...args: Parameters<Headers['append']>): void {
    this.#toNative().append(...args)
  }

  delete (...args: Parameters<Headers['delete']>): void {
    this.#toNative().delete(...args)
  }

  set (...args: Parameters<Headers['set']>): void {
    this.#toNative().set(...args)
  }

  getSetCookie (): string[] {
    return this.#toNative().getSetCookie()
  }

  keys (): HeadersIterator<string> {
    return this.#toNative().keys()
  }

  values (): HeadersIterator<string> {
    return this.#toNative().values()
  }

  entries (): HeadersIterator<[string, string]> {
    return this.#toNative().entries()
  }

  [Symbol.iterator] (): HeadersIterator<[string, string]> {
    return this.#toNative().entries()
  }

  forEach (callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void {
    if (typeof callback !== 'function') return this.#toNative().forEach(...arguments as unknown as [typeof callback])
    this.#toNative().forEach((value, name) => { callback.call(thisArg, value, name, this) })
  }

  /** A value, `null` if there is none, or `undefined` if native headers must say: they trim values and check names. */
  #look (name: unknown): string | null | undefined {
    if (this.#native !== undefined || typeof name !== 'string') return undefined
    const record = this.#readRecord()
    const exact = record[name]
    if (typeof exact === 'string') return isTrimmed(exact) ? exact : undefined
    const lower = headerName(name)
    if (lower === undefined) return undefined
    if (!Object.hasOwn(record, lower)) return null
    const value = record[lower]
    return typeof value === 'string' && isTrimmed(value) ? value : undefined
  }

  #readRecord (): FunctionRequest['headers'] {
    this.#record ??= this.#request.headers
    return this.#record
  }

  #toNative (): Headers {
    this.#native ??= new NativeHeaders(this.#readRecord())
    return this.#native
  }
}

standIn(LightHeaders, NativeHeaders, NativeHeaders)
Object.defineProperty(LightHeaders.prototype, Symbol.iterator, { value: LightHeaders.prototype.entries })

export { adopt as adoptNativeHeaders, toInit as toHeadersInit }

function isTrimmed (value: string): boolean {
  return value.length === 0 || (value.charCodeAt(0) > 0x20 && value.charCodeAt(value.length - 1) > 0x20)
}
