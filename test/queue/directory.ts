import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Test {
  teardown (tidy: () => unknown): void
}

/** A directory of its own, removed after the test. */
export async function createDirectory (t: Test): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'netlify-queue-')))
  t.teardown(async () => await rm(directory, { recursive: true, force: true }))
  return directory
}
