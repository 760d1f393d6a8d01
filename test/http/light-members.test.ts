import { inspect } from 'node:util'
import t from 'tap'
import { createLightRequest, FetchRequest } from '../../lib/http/light-request.ts'
import { LightResponse } from '../../lib/http/light-response.ts'

const URL = 'http://localhost/a?b'
const HEADERS = { host: 'localhost', 'x-sent': 'yes' }
const { signal } = new AbortController()

const makeLight = (): Request => createLightRequest({ method: 'POST', url: URL, headers: HEADERS, body: new TextEncoder().encode('x') }, { signal })
const makeNative = (): Request => new Request(URL, { method: 'POST', headers: HEADERS, body: new TextEncoder().encode('x') })
const RESPONSE_INIT = { status: 201, statusText: 'Made', headers: { B: '1', a: '2', b: '3' } }
const pairs: Array<[name: string, light: object, native: object]> = [
  ['Request', makeLight(), makeNative()],
  ['Response', new LightResponse('x', RESPONSE_INIT), new Response('x', RESPONSE_INIT)],
  ['Headers', makeLight().headers, makeNative().headers]
]

for (const [name, light, native] of pairs) {
  const nativePrototype = Object.getPrototypeOf(native) as object
  const lightPrototype = Object.getPrototypeOf(light) as object

  t.test(`every member of ${name} is overridden, as native ones accept nothing but their own`, (t) => {
    const members = Object.entries(Object.getOwnPropertyDescriptors(nativePrototype))
    for (const symbol of Object.getOwnPropertySymbols(nativePrototype)) members.push([String(symbol), Object.getOwnPropertyDescriptor(nativePrototype, symbol)!])
    let checked = 0
    for (const [key, member] of members) {
      // Of values, like the tag, native prototypes have the right ones.
      if (member.get === undefined && typeof member.value !== 'function') continue
      const symbol = Object.getOwnPropertySymbols(nativePrototype).find((symbol) => String(symbol) === key)
      const own = Object.getOwnPropertyDescriptor(lightPrototype, symbol ?? key)
      t.equal(typeof own, 'object', `${key} is there`)
      t.strictSame([typeof own?.get, typeof own?.set, own?.enumerable], [typeof member.get, typeof member.set, member.enumerable], `${key} is the same kind of member`)
      if (typeof member.value === 'function' && key !== 'constructor') t.equal((own?.value as () => void)?.length, (member.value as () => void).length, `${key} takes as many arguments`)
      checked++
    }
    t.ok(checked > 10)
    t.end()
  })

  t.test(`${name} is listed, copied and printed as the native one`, (t) => {
    const inLight: string[] = []
    const inNative: string[] = []
    for (const key in light) inLight.push(key)
    for (const key in native) inNative.push(key)
    t.strictSame(inLight.sort(), inNative.sort(), 'for … in')
    t.strictSame([Object.keys(light), Reflect.ownKeys(light), { ...light }, JSON.stringify(light)], [Object.keys(native), Reflect.ownKeys(native), { ...native }, JSON.stringify(native)])
    t.equal(Object.prototype.toString.call(light), Object.prototype.toString.call(native))
    for (const depth of [0, 1, 4, -1]) t.equal(inspect({ light }, { depth }).replace('light', 'x'), inspect({ native }, { depth }).replace('native', 'x'), `printed to a depth of ${depth}`)
    t.equal(inspect(light), inspect(native))
    t.ok(light instanceof nativePrototype.constructor)
    t.equal(light.constructor.name, name)
    t.end()
  })

  t.test(`${name} cannot be cloned by structuredClone()`, (t) => {
    const failure = (value: unknown): string => {
      try {
        structuredClone(value)
        return 'cloned'
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`
      }
    }
    t.equal(failure(light), failure(native))
    t.equal(failure({ light }), failure({ native }))
    t.end()
  })
}

t.test('static members are those of the native class', (t) => {
  for (const [light, native] of [[LightResponse, Response], [FetchRequest, Request]] as const) {
    for (const key of Reflect.ownKeys(native)) {
      t.ok(key in light, String(key))
      if (key === 'prototype') continue
      const [own, original] = [Object.getOwnPropertyDescriptor(light, key), Object.getOwnPropertyDescriptor(native, key)]
      t.strictSame([own?.enumerable, typeof own?.value], [original?.enumerable, typeof original?.value], String(key))
    }
  }
  t.end()
})

t.test('a light response and a native one are both of either class', (t) => {
  const Light = LightResponse as unknown as typeof Response
  for (const response of [new Response('x'), new Light('x'), Response.json(1), Light.json(1), Light.redirect(URL), Light.error(), new Light('x').clone()]) {
    t.ok(response instanceof Response)
    t.ok(response instanceof Light)
  }
  t.notOk(makeLight() instanceof Light)
  t.ok(makeLight() instanceof FetchRequest)
  t.ok(makeNative() instanceof FetchRequest)
  t.ok(makeLight() instanceof Request)
  t.end()
})

t.test('an object of the user\'s own can be made of one, and fails as natively', async (t) => {
  for (const request of [makeLight(), makeNative()]) {
    const derived = Object.create(request) as Request
    t.throws(() => derived.url, TypeError)
    t.throws(() => new Proxy(request, {}).url, TypeError)
    await t.rejects(async () => await derived.text(), TypeError)
  }
})
