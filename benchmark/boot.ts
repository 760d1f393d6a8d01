import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from './bench-process.ts'
import { spread, type Spread } from './statistics.ts'

/** Milliseconds from the start of the process to the first 200. */
export interface BootTimes {
  readonly functions: number
  readonly cold: Spread
  readonly warm: Spread
}

const FUNCTIONS = 200

/** Boots a site of 200 TypeScript functions, each time without and with the bundles of an earlier boot. */
export async function measureBoot (runs: number): Promise<BootTimes> {
  const root = await mkdtemp(join(tmpdir(), 'netlify-boot-'))
  try {
    await writeSite(root)
    // Not counted: it brings the files into the system's cache.
    await boot(root)
    const cold: number[] = []
    const warm: number[] = []
    for (let run = 0; run < runs; run++) {
      await rm(join(root, '.netlify'), { recursive: true })
      cold.push(await boot(root))
      warm.push(await boot(root))
    }
    return { functions: FUNCTIONS, cold: spread(cold), warm: spread(warm) }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function boot (root: string): Promise<number> {
  const start = performance.now()
  const [process, port] = await startProcess<never, never, number>({ script: 'boot-site', args: [root] })
  try {
    const response = await fetch(`http://127.0.0.1:${port}/.netlify/functions/greet${FUNCTIONS}?name=you`)
    const text = await response.text()
    if (text !== `Function ${FUNCTIONS} says: hello, you`) throw new Error(`the booted site answers ${response.status}: ${text}`)
    return performance.now() - start
  } finally {
    await process.stop()
  }
}

/** All import a helper; every second one has paths of its own, the others their default URL. */
async function writeSite (root: string): Promise<void> {
  const functions = join(root, 'netlify', 'functions')
  const shared = join(root, 'shared')
  await mkdir(functions, { recursive: true })
  await mkdir(shared)
  await writeFile(join(root, 'package.json'), '{ "type": "module" }')
  await writeFile(join(shared, 'greeting.ts'), `
export interface Greeting { readonly from: string, readonly name: string }
export function greeting ({ from, name }: Greeting): string {
  return \`\${from} says: hello, \${name}\`
}
`)
  for (let number = 1; number <= FUNCTIONS; number++) {
    await writeFile(join(functions, `greet${number}.ts`), `
import { greeting } from '../../shared/greeting.ts'

export default async (request: Request): Promise<Response> => {
  const name = new URL(request.url).searchParams.get('name') ?? 'world'
  return new Response(greeting({ from: 'Function ${number}', name }))
}
${number % 2 === 0 ? '' : `export const config = { path: ['/greet/${number}', '/greet/${number}/:name'] }`}
`)
  }
}
