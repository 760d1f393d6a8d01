import { execFileSync, spawnSync } from 'node:child_process'
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createSite, writeFiles } from '../helper.ts'
import { cli } from './command.ts'

const hasTmux = process.env.REQUIRE_TMUX !== undefined || spawnSync('tmux', ['-V']).error === undefined
if (!hasTmux) {
  t.plan(0, 'tmux is not installed: apt-get install tmux')
  process.exit(0)
}

const FILES = {
  'netlify/functions/hello.mjs': 'export default () => { console.log("\\u001b[2Jsaid"); return new Response("one") }',
  'netlify/functions/broken.mjs': 'export default (',
  'netlify/functions/hang.mjs': 'export default async () => { console.log("hanging"); await new Promise(() => {}) }'
}

t.test('a server shows its table, in colours, serves, builds again, and ends by Ctrl-C', async (t) => {
  const root = await createSite(t, FILES)
  const terminal = await open(t, root, ['--watch', '--dashboard'], 120)
  await terminal.shows(/Ctrl-C ends it/)
  const start = terminal.screen()
  t.match(start, /^FUNCTION +KIND +METHOD +PATH OR SCHEDULE +RUNS$/m)
  t.match(start, /^hello +request +any +\/\.netlify\/functions\/hello +inline$/m)
  t.match(start, /^failed broken: Function "broken" does not build/m)
  t.match(start, /^3 functions, of which 1 cannot run$/m)
  t.match(start, /^Dashboard +http:\/\/localhost:\d+\/\.netlify\/dashboard$/m)
  t.ok(terminal.screen('-e').includes('\u001b[36m'), 'there are colours')

  const [origin] = /http:\/\/localhost:\d+/.exec(start) ?? []
  t.equal(await (await fetch(`${origin}/.netlify/functions/hello`)).text(), 'one')
  await terminal.shows(/INFO.*: said/)
  await writeFiles(root, { 'netlify/functions/hello.mjs': 'export default () => new Response("two")' })
  await terminal.shows(/a new version of the site is served.*hello/)
  t.equal(await (await fetch(`${origin}/.netlify/functions/hello`)).text(), 'two')
  terminal.press('C-c')
  await terminal.shows(/ended with 0/)
})

t.test('a second Ctrl-C does not wait', async (t) => {
  const terminal = await open(t, await createSite(t, FILES), ['--timeout', '100'], 100)
  await terminal.shows(/Ctrl-C ends it/)
  const [origin] = /http:\/\/localhost:\d+/.exec(terminal.screen()) ?? []
  fetch(`${origin}/.netlify/functions/hang`).catch(() => {})
  await terminal.shows(/hanging/)
  terminal.press('C-c')
  await terminal.shows(/\^C/)
  terminal.press('C-c')
  await terminal.shows(/ended with 130/)
  t.pass('it has ended')
})

t.test('in 40 columns, of many functions, nothing is wider than a line', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`netlify/functions/function-with-a-name-${index}.mjs`, 'export default () => new Response("")']))
  const terminal = await open(t, await createSite(t, many), ['--no-color'], 40)
  await terminal.shows(/Ctrl-C ends it/)
  const screen = terminal.screen()
  t.match(screen, /^and 70 more$/m)
  t.match(screen, /^function.+… {2}request {2}\/\.netlify.+…$/m)
  t.notOk(terminal.screen('-e').includes('\u001b['))
  terminal.press('C-c')
  await terminal.shows(/ended with 0/)
})

t.test('while many functions are built, one line rewrites itself, and is gone at the end', async (t) => {
  const names = Array.from({ length: 300 }, (_, index) => `netlify/functions/f-${index}.mjs`)
  const terminal = await open(t, await createSite(t, Object.fromEntries(names.map((name) => [name, 'export default () => new Response("")']))), [], 80)
  await terminal.shows(/Ctrl-C ends it/)
  const [, shown = ''] = (await terminal.typescript()).split('\r\u001b[2K')
  t.match(shown, /^Building functions: \d+ of 300 f-\d+$/)
  t.notMatch(terminal.screen(), 'Building')
  t.match(terminal.screen(), /^300 functions$/m)
})

t.test('what cannot run is told once, in short, and with --verbose at length', async (t) => {
  const root = await createSite(t, FILES)
  const short = await open(t, root, ['--watch'], 110)
  await short.shows(/Ctrl-C ends it/)
  t.equal(short.screen().match(/"broken" does not build/g)?.length, 1)
  t.notMatch(short.screen(), /^ +at |FastifyError/m)
  await writeFiles(root, { 'netlify/functions/broken.mjs': 'export default 1 +' })
  await short.shows(/ERROR.*function "broken" cannot run: Function "broken" does not build[^]*broken\.mjs:1:18/)
  t.notMatch(short.screen(), /^ +at |FastifyError/m)

  const long = await open(t, root, ['--verbose'], 111)
  await long.shows(/Ctrl-C ends it/)
  t.match(long.screen(), /^ +at /m)
})

interface Terminal {
  /** All that was written, as it was written. */
  readonly typescript: () => Promise<string>
  readonly screen: (...args: string[]) => string
  readonly press: (key: string) => void
  readonly shows: (wanted: RegExp) => Promise<void>
}

/** A real terminal with the command in it; what it writes also goes to a file, whose growth tells when to look. */
async function open (t: Test, root: string, args: string[], width: number): Promise<Terminal> {
  const socket = `cli-${process.pid}-${width}`
  // Whatever else there is may say that there are no colours.
  const { HOME, PATH, LANG = 'C.UTF-8' } = process.env
  const env = { HOME, PATH, LANG, TERM: 'xterm-256color' }
  const tmux = (...args: string[]): string => execFileSync('tmux', ['-L', socket, ...args], { encoding: 'utf8', env })
  const directory = await createSite(t, { typescript: '' })
  const command = [process.execPath, cli, root, '--port', '0', ...args].map((part) => `'${part}'`).join(' ')
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(width), '-y', '150', `read start; ${command}; echo "ended with $?"; exec cat`)
  tmux('pipe-pane', `cat > '${join(directory, 'typescript')}'`)
  tmux('send-keys', 'Enter')
  t.teardown(() => { tmux('kill-server') })
  const screen = (...args: string[]): string => tmux('capture-pane', '-p', ...args)
  return {
    typescript: async () => await readFile(join(directory, 'typescript'), 'utf8'),
    screen,
    press: (key) => { tmux('send-keys', key) },
    async shows (wanted) {
      const changes = watch(directory)
      t.teardown(() => changes.close())
      await new Promise<void>((resolve) => {
        const look = (): void => { if (wanted.test(screen())) resolve() }
        changes.on('change', look)
        look()
      })
      changes.close()
    }
  }
}
