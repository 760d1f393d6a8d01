import { lstat, readdir } from 'node:fs/promises'
import * as nodeModule from 'node:module'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createApp } from '../helper.ts'
import { createAppWithPackages, createSiteWithPackages } from '../packages.ts'

interface Place {
  readonly edgeURL: string
  readonly token: string
}

const files = {
  'netlify/functions/place.mjs': 'export default () => new Response(Netlify.env.get("NETLIFY_BLOBS_CONTEXT"))',
  'netlify/functions/write.mjs': `
    import { getStore } from '@netlify/blobs'
    export default async (request) => {
      const { key, text } = await request.json()
      await getStore('notes').set(key, text)
    }`
}

async function placeOf (app: ReturnType<typeof Fastify>): Promise<Place> {
  return JSON.parse(Buffer.from((await app.inject('/.netlify/functions/place')).body, 'base64').toString()) as Place
}

/** `undefined` if a connection is accepted, else the code of the error. */
async function knock (host: string, port: number): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy()
      resolve(undefined)
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
}

// First, since a package that has been loaded cannot be missing any more.
t.test('without the package the registration fails and names it', async (t) => {
  const hooks = nodeModule.registerHooks({
    resolve (specifier, context, next) {
      if (specifier === '@netlify/blobs/server') throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(specifier, context)
    }
  })
  try {
    await t.rejects(createApp(t, {}, { blobs: { directory: 'blobs' } }), {
      code: 'FST_NETLIFY_MISSING_PACKAGE',
      message: '"blobs" needs the package "@netlify/blobs", which is not installed; run: npm install @netlify/blobs'
    })
  } finally {
    hooks.deregister()
  }
  await createApp(t, {}, { blobs: { directory: 'blobs' } })
})

t.test('the server is reached over the loopback only, until the app closes', async (t) => {
  const app = await createAppWithPackages(t, files, { blobs: { directory: 'blobs' } })
  const { hostname, port } = new URL((await placeOf(app)).edgeURL)
  t.equal(hostname, '127.0.0.1')
  t.equal(await knock('127.0.0.1', Number(port)), undefined)
  const others = Object.values(networkInterfaces()).flat().flatMap((face) => face === undefined || face.internal ? [] : [face])
  for (const { address, scopeid } of others) {
    t.type(await knock(scopeid ? `${address}%${scopeid}` : address, Number(port)), 'string', address)
  }
  // A server that listens on every address is reached over this one too.
  t.type(await knock('::1', Number(port)), 'string')

  await app.close()
  t.equal(await knock('127.0.0.1', Number(port)), 'ECONNREFUSED')
})

t.test('a request without the token is refused', async (t) => {
  const app = await createAppWithPackages(t, files, { blobs: { directory: 'blobs' }, site: { id: 's' } })
  await app.inject({ method: 'POST', url: '/.netlify/functions/write', payload: { key: 'a', text: 'secret' } })
  const { edgeURL, token } = await placeOf(app)
  const another = await placeOf(await createAppWithPackages(t, files, { blobs: { directory: 'blobs' }, site: { id: 's' } }))
  t.not(token, another.token)

  const paths = ['/s/site:notes/a', '/s/site:notes', '/s', '/api/v1/blobs/s/site:notes/a', '/api/v1/sites/s/blobs/a', '/']
  for (const path of paths) {
    for (const method of ['GET', 'PUT', 'DELETE', 'POST']) {
      for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: `Bearer ${another.token}` }, { authorization: token }]) {
        for (const query of ['', '?signature=', `?signature=${token}`]) {
          const body = method === 'PUT' ? 'overwritten' : null
          t.equal((await fetch(edgeURL + path + query, { method, headers, body })).status, 403, `${method} ${path}${query}`)
        }
      }
    }
  }
  const read = await fetch(`${edgeURL}/s/site:notes/a`, { headers: { authorization: `Bearer ${token}` } })
  t.equal(await read.text(), 'secret')
})

t.test('no key leads out of the directory', async (t) => {
  const root = await createSiteWithPackages(t, { ...files, 'deep/down/outside.txt': 'untouched' })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, blobs: { directory: 'deep/down/blobs' }, site: { id: 's' } })
  const before = await listing(root, 'deep/down/blobs')
  const ups = ['../', '..\\', '%2e%2e/', '%2E%2E%2F', '..%2f', '..%5c', '%2e%2e%5c', './../', '..%252f', '..;/', '....//']
  const keys = ups.flatMap((up) => [up.repeat(6) + 'outside.txt', `a/${up.repeat(6)}outside.txt`, `${up.repeat(3)}deep/down/outside.txt`])
  for (const key of [...keys, `%2f${root}/outside.txt`, `\\${root}/outside.txt`, 'C:\\outside.txt', 'a\0b', '..', '.', 'a/..', '..%00/']) {
    await app.inject({ method: 'POST', url: '/.netlify/functions/write', payload: { key, text: 'written' } })
  }

  // What a client of the package would not send, or would send in other words.
  const { edgeURL, token } = await placeOf(app)
  const { port } = new URL(edgeURL)
  for (const up of ups) {
    for (const path of [`/s/site:notes/${up.repeat(6)}outside.txt`, `/s/${up.repeat(6)}outside.txt`, `/${up.repeat(6)}outside.txt/x/y`, `/region:x/${up.repeat(6)}a/b`, `//${up.repeat(6)}a/b/c`]) {
      for (const method of ['PUT', 'DELETE']) await raw(Number(port), method, path, token)
    }
  }
  t.strictSame(await listing(root, 'deep/down/blobs'), before)
})

/** Sends a request whose path nobody has tidied up. */
async function raw (port: number, method: string, path: string, token: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject).on('close', () => resolve()).resume()
    socket.end(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\ncontent-length: 4\r\nconnection: close\r\n\r\nevil`)
  })
}

/** Every file of a tree with its size and time, but for one directory. */
async function listing (root: string, except: string): Promise<Array<[path: string, size: number, time: number]>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => !entry.isDirectory()).map(({ name, parentPath }) => join(parentPath, name))
  const kept = paths.filter((path) => !path.startsWith(join(root, except)) && !dirname(path).includes('.netlify'))
  return await Promise.all(kept.sort().map(async (path) => {
    const { size, mtimeMs } = await lstat(path)
    return [path, size, mtimeMs] as [string, number, number]
  }))
}
