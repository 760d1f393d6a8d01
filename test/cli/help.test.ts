import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { run } from './command.ts'

const root = join(import.meta.dirname, '../..')
const COMMANDS = [[], ['list'], ['build'], ['invoke'], ['jobs'], ['jobs', 'list'], ['jobs', 'show'], ['jobs', 'retry'], ['jobs', 'cancel'], ['jobs', 'stats']]

t.test('the README shows the help as it is', async (t) => {
  const { code, stdout } = await run(['--help'])
  t.equal(code, 0)
  const [, shown] = /<!-- cli:start -->\s*```text\n([^]*?)```\s*<!-- cli:end -->/.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? []
  t.equal(shown?.trim(), stdout.trim())
})

t.test('docs/cli.md has every option that the help has, and no other', async (t) => {
  const text = await readFile(join(root, 'docs/cli.md'), 'utf8')
  const documented = new Set([...text.matchAll(/^\| `(?:-\w, )?(--[a-z-]+)/gm)].map(([, option]) => option))
  const known = new Set<string | undefined>()
  for (const command of COMMANDS) {
    const { stdout } = await run([...command, '--help'])
    for (const [, option] of stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)) known.add(option)
  }
  known.delete('--help')
  t.same([...documented].sort(), [...known].sort())
})
