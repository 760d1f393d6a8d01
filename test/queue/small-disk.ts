import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Test {
  teardown (tidy: () => unknown): void
}

/** Mounts a file system of its own, which goes after the test; `undefined` where this process may not. */
export function mountDisk (t: Test, size: string): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'netlify-disk-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  t.teardown(() => execFileSync('umount', ['--lazy', directory]))
  return directory
}

/** Lets nothing be written to it, not even by root. */
export function remountReadOnly (directory: string): void {
  execFileSync('mount', ['-o', 'remount,ro', directory])
}
