import type { NetlifyFunctionsOptions } from '../../lib/index.ts'
import type { SiteFiles } from '../helper.ts'

/** Chunks of a stream, each of them different. */
const CHUNKS = 200
/** Functions that misbehave, and what their caller is told; those beside each other do it at the same time. */
export const villains = {
  loop: '504 FST_NETLIFY_TIMEOUT',
  'exit-background': '202',
  exit: '500 FST_NETLIFY_THREAD_ENDED',
  kill: '500 FST_NETLIFY_THREAD_ENDED',
  'late-loop': '504 FST_NETLIFY_TIMEOUT',
  memory: '500 FST_NETLIFY_THREAD_ENDED'
} as const

export type Villain = keyof typeof villains

const villainNames = Object.keys(villains) as Villain[]

/** What villains share their threads with has the prefix `far-`; the same runs inline, too. */
export const options: NetlifyFunctionsOptions = {
  isolation: { functions: { 'far-*': 'thread', 'bad-*': 'thread' }, memory: 64, idleTimeout: 500 },
  background: { retryDelays: [0] },
  limits: { timeout: 15_000 }
}

const misdeeds: Readonly<Record<Villain, string>> = {
  loop: 'for (;;);',
  'late-loop': 'await new Promise((resolve) => setTimeout(resolve, 10)); for (;;);',
  exit: 'process.exit(3)',
  kill: 'process.kill(process.pid, "SIGKILL")',
  'exit-background': 'process.exit(1)',
  memory: 'const all = []; for (;;) all.push(new Array(10_000).fill(Math.random()))'
}

const wellBehaved: SiteFiles = {
  hello: 'export default ({ url }) => new Response("hello " + new URL(url).searchParams.get("n"))',
  upload: `import { createHash } from 'node:crypto'
    export default async (request) => new Response(createHash('sha256').update(await request.bytes()).digest('hex'))`,
  stream: `export default ({ url }) => {
      const seed = new URL(url).searchParams.get('n')
      let chunk = 0
      return new Response(new ReadableStream({
        async pull (controller) {
          if (chunk % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
          if (chunk === ${CHUNKS}) return controller.close()
          controller.enqueue(new TextEncoder().encode(\`\${seed} \${chunk++} \`.repeat(50)))
        }
      }))
    }`,
  endless: `const bytes = new Uint8Array(16384)
    export default () => new Response(new ReadableStream({ pull (controller) { controller.enqueue(bytes) } }))`,
  stray: `export default () => {
      setTimeout(() => { throw new Error('thrown in a timer') }, 1)
      Promise.reject(new Error('rejected by nobody'))
      return new Response('answered')
    }`
}

/** What `stream` sends. */
export function streamOf (seed: number): string {
  return Array.from({ length: CHUNKS }, (_, chunk) => `${seed} ${chunk} `.repeat(50)).join('')
}

/** A version of the site. */
export function siteOf (version: number): SiteFiles {
  const files: Record<string, string> = {
    'note-background': `import { appendFileSync } from 'node:fs'
      export default async (request) => appendFileSync(new URL('../../notes', import.meta.url), await request.text() + '\\n')`
  }
  for (const prefix of ['', 'far-']) {
    for (const [name, source] of Object.entries(wellBehaved)) files[`${prefix}${name}`] = String(source)
    files[`${prefix}version`] = `export default () => new Response('version ${version}')`
  }
  for (const [place, name] of villainNames.entries()) {
    // None is held back for what it did at its last turn.
    const turn = Math.floor((version - Math.floor(place / 2)) / (villainNames.length / 2))
    files[`bad-${name}`] = `globalThis.misdeeds = ${turn}\nexport default async () => { ${misdeeds[name]} }\nexport const config = { timeout: ${name.endsWith('loop') ? 0.3 : 8} }`
  }
  return Object.fromEntries(Object.entries(files).map(([name, source]) => [`netlify/functions/${name}.mjs`, source]))
}

/** Those that misbehave in a version. Each has its turn, and is new then. */
export function villainsOf (version: number): Villain[] {
  return [2 * version, 2 * version + 1].map((place) => villainNames[place % villainNames.length]!)
}
