import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { generateSite, numbersTo } from '../generated-site.ts'
import { startSiteProcess } from '../site-process.ts'

/** Milliseconds from when a file is saved until what it says is served. */
export interface SaveTimes {
  readonly functions: number
  readonly times: readonly number[]
}

const FUNCTIONS = 200
/** Milliseconds between two requests that look whether it is served. */
const LOOK = 2
/** Milliseconds after which it is not going to be. */
const PATIENCE = 10_000
/** Milliseconds between two saves, as of somebody who writes fast. */
const PAUSE = 300

/** Saves one function of a site that watches its files, again and again. */
export async function measureSaves (count: number): Promise<SaveTimes> {
  const root = generateSite(numbersTo(FUNCTIONS))
  const server = await startSiteProcess(root, { options: { watch: true } })
  const times: number[] = []
  try {
    const file = join(root, 'netlify', 'functions', 'greet100.ts')
    const url = `http://127.0.0.1:${server.port}/greet/100/you`
    const source = await readFile(file, 'utf8')
    // The first one is not counted: it starts what stays.
    for (let save = 0; save <= count; save++) {
      await setTimeout(PAUSE)
      const time = await saveAndLook(file, source.replace('Function 100', `Save ${save}`), url, `Save ${save} says: hello, you`)
      if (save > 0) times.push(time)
    }
    return { functions: FUNCTIONS, times }
  } finally {
    await server.stop()
  }
}

async function saveAndLook (file: string, text: string, url: string, expected: string): Promise<number> {
  const start = performance.now()
  await writeFile(file, text)
  let last = ''
  while (performance.now() - start < PATIENCE) {
    const response = await fetch(url)
    last = await response.text()
    if (response.status !== 200) throw new Error(`while a file is saved, the function answers ${response.status}: ${last}`)
    if (last === expected) return performance.now() - start
    await setTimeout(LOOK)
  }
  throw new Error(`${expected}: not served ${PATIENCE} ms after it was saved, but ${last}`)
}
