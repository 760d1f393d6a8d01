import { join } from 'node:path'
import { buildFunctions } from '../../lib/build/build.ts'
import { createCacheDirectory } from '../../lib/build/cache.ts'
import { loadFunction } from '../../lib/build/load.ts'
import { installFetchObjects } from '../../lib/http/fetch-objects.ts'

export interface Boot {
  /** How many functions were bundled and not taken from the cache. */
  readonly bundled: number
  /** What each function answers, from JSON, or the message of the error it has. */
  readonly answers: Readonly<Record<string, unknown>>
}

/** Builds a site as a start of the server does, and calls each function. */
export async function boot (root: string, functions = 'netlify/functions'): Promise<Boot> {
  installFetchObjects()
  const cacheDirectory = createCacheDirectory(root)
  const build = await buildFunctions({
    root, cacheDirectory, directories: [join(root, functions)], generated: [], tsconfigDirectories: [root], lightObjects: true, ownConsole: false, overridesFor: () => ({}), instance: '', load: loadFunction
  })
  const answers = await Promise.all(build.functions.map(async (loaded) => {
    if (!('handler' in loaded)) return [loaded.definition.name, loaded.definition.state === 'failed' ? loaded.definition.error.message : 'runs elsewhere']
    const response = await (loaded.handler as () => Promise<Response>)()
    return [loaded.definition.name, await response.json()]
  }))
  await cacheDirectory.close()
  return { bundled: build.bundled.length, answers: Object.fromEntries(answers) as Record<string, unknown> }
}

/** A function that answers with a value, as JSON. */
export function answering (imports: string, value: string): string {
  return `${imports}\nexport default () => Response.json(${value})`
}
