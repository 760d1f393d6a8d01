import { join } from 'node:path'
import t from 'tap'
import { createSite } from '../helper.ts'
import { run } from './command.ts'

t.jobs = 2

const HELLO = { 'netlify/functions/hello.mjs': 'export default () => new Response("hello")' }

t.test('what is typed wrongly ends with 2, and says what is right', async (t) => {
  const root = await createSite(t, HELLO)
  const wrong: Array<[args: string[], stderr: RegExp]> = [
    [['--prot', '3'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
    [['lsit'], /did you mean "list"\?/],
    [['--port', '70000', root], /whole number from 0 to 65535/],
    [['--isolation', 'process', root], /Allowed choices are inline, thread/],
    [['--queue', 'mysql://user:secret@host', root], /^error "--queue" must be memory, sqlite:FILE, redis:\/\/… or postgres:\/\/…\n$/],
    [['--country', 'DE', root], /"--country" needs "--geo mock"/],
    [['--dashboard', root.slice(1)], /takes a path that starts with "\/"; name the site's directory before it/],
    [['--dashboard-auth', 'me:secret', root], /needs "--dashboard"/],
    [['--trust-proxy', '1', root], /addresses of proxies/],
    [['--json', '--pretty', root], /cannot be used with option/],
    [['invoke', 'hello', '--directory', root, '--header', 'x'], /must be "name: value"/],
    [['invoke', 'hello', '--directory', root, '--method', 'TRACE'], /there can be no such request/],
    [['jobs', '--queue', 'memory'], /use the dashboard/]
  ]
  for (const [args, stderr] of wrong) {
    const ran = await run(args)
    t.equal(ran.code, 2, args.join(' '))
    t.match(ran.stderr, stderr)
    t.equal(ran.stdout, '')
    t.notMatch(ran.stderr, /secret|\n {4}at /)
  }
})

t.test('a directory that cannot be served ends with 1, and says what to do', async (t) => {
  const root = await createSite(t, { 'file.txt': '' })
  const wrong: Array<[args: string[], stderr: RegExp]> = [
    [[join(root, 'absent')], /there is no directory ".*absent"; give the folder of the site/],
    [[join(root, 'file.txt')], /is a file; give the folder of the site/],
    [[root, '--port', '0'], /nothing to serve in .*--functions and --publish/],
    [['jobs', '--directory', root], /there is no queue yet in .*background\.sqlite/],
    [[root, '--config', 'absent.toml'], /Option "config" names a file that does not exist/],
    [['invoke', 'nope', '--directory', root], /there is no function "nope"; the site has none/]
  ]
  for (const [args, stderr] of wrong) {
    const ran = await run(args)
    t.equal(ran.code, 1, args.join(' '))
    t.match(ran.stderr, stderr)
    t.notMatch(ran.stderr, /\n {4}at /)
  }
  t.match((await run([join(root, 'absent'), '--verbose'])).stderr, /\n {4}at /, 'with --verbose, it says where')
})

t.test('names with escape sequences do nothing to the terminal', async (t) => {
  const { stderr } = await run(['\u001b[2J\u0007absent'])
  t.match(stderr, '"absent"')
  t.notOk(stderr.includes('\u001b') || stderr.includes('\u0007'))
})
