import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cores } from '../bench-process.ts'
import { generateSite } from '../generated-site.ts'
import type { Isolation } from '../isolation.ts'
import type { MemoryUse } from '../messages.ts'
import { startSiteProcess } from '../site-process.ts'

/** What reloads leave behind. */
export interface Remains {
  readonly isolation: Isolation
  readonly few: number
  readonly many: number
  /** Bytes of the function that changes with each reload. */
  readonly source: number
  readonly before: MemoryUse
  readonly after: MemoryUse
}

/** Reloads that fill caches. */
const FEW = 10
/** Parts of the function that changes. */
const PARTS = 1_000

/** Measures the memory of a server after a few reloads and after many more, each of which changes a whole function. */
export async function measureRemains (isolation: Isolation, count: number): Promise<Remains> {
  const root = generateSite([1])
  await writeFunction(root, 0)
  const server = await startSiteProcess(root, { options: { isolation }, core: cores?.servers })
  try {
    await reload(1, FEW)
    const before = await server.memory()
    const source = await reload(FEW + 1, FEW + count)
    const after = await server.memory()
    return { isolation, few: FEW, many: FEW + count, source, before, after }
  } finally {
    await server.stop()
  }

  async function reload (first: number, last: number): Promise<number> {
    let source = 0
    for (let version = first; version <= last; version++) {
      source = await writeFunction(root, version)
      await server.reload()
      const reply = await (await fetch(`http://127.0.0.1:${server.port}/.netlify/functions/large`)).text()
      if (reply !== String(resultOf(version))) throw new Error(`after reload ${version} the function answers ${reply}`)
    }
    return source
  }
}

/** Gives its bytes. Every part of it is different in each version, and runs. */
async function writeFunction (root: string, version: number): Promise<number> {
  const parts = Array.from({ length: PARTS }, (_, part) => `  function part${part} (value: number): number { return value + ${part} + ${version} }`)
  const names = parts.map((_, part) => `part${part}`)
  const text = `${parts.join('\n')}\nconst parts = [${names.join(', ')}]\nexport default async (): Promise<Response> => new Response(String(parts.reduce((value, part) => part(value), 0)))\n`
  await writeFile(join(root, 'netlify', 'functions', 'large.ts'), text)
  return text.length
}

function resultOf (version: number): number {
  return PARTS * (PARTS - 1) / 2 + PARTS * version
}
