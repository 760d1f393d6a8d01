import { inspect, type InspectOptions } from 'node:util'

/** A class, as far as standing in for another needs it. */
export type FetchClass = (abstract new (...args: never[]) => object) & { readonly prototype: object }

/**
 * Lets a light class pass for a native one: `instanceof`, `Object.prototype.toString` and members that only a later
 * Node.js has come from the native one, and its own members are listed, named and counted alike.
 *
 * @param constructor what `light.constructor` is for user code
 */
export function standIn (light: FetchClass, native: FetchClass, constructor: object): void {
  Object.setPrototypeOf(light, native)
  Object.setPrototypeOf(light.prototype, native.prototype)
  Object.defineProperty(light, 'name', { value: native.name })
  Object.defineProperty(light.prototype, 'constructor', { value: constructor })
  imitate(light.prototype, native.prototype)
  imitate(light, native)
}

/** Prints a light object as the native one that stands for it. */
export function showAs<T extends object> (light: abstract new (...args: never[]) => T, toNative: (object: T) => object): void {
  Object.defineProperty(light.prototype, inspect.custom, {
    value: function (this: T, _depth: number, options: InspectOptions): string { return inspect(toNative(this), options) }
  })
}

function imitate (light: object, native: object): void {
  for (const key of Reflect.ownKeys(light)) {
    const original = Object.getOwnPropertyDescriptor(native, key)
    if (original === undefined || original.configurable === false) continue
    const own = Object.getOwnPropertyDescriptor(light, key)
    Object.defineProperty(light, key, { enumerable: original.enumerable ?? false })
    if (key !== 'constructor' && typeof original.value === 'function' && typeof own?.value === 'function') {
      Object.defineProperty(own.value, 'length', { value: original.value.length })
    }
  }
}
