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

t.test('functions that cannot run take one harmless line each; --verbose tells more', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/broken.mjs': 'export default (',
    'netlify/functions/loud.mjs': 'throw new Error("\\u001b[2Jtop\\u0007 level")'
  })
  for (const command of ['list', 'build']) {
    const { stdout, stderr } = await run([command, root])
    t.match(stdout, /^failed broken: Function "broken" does not build.*\nfailed loud: Function "loud" throws while loading: Error: top level .*\n$/m)
    t.notOk(stdout.includes('\u001b') || stdout.includes('\u0007'))
    t.equal(stderr, '')
    const verbose = await run([command, root, '--verbose'])
    t.match(verbose.stderr, /function "broken" cannot run[^]* at /)
    t.notOk(verbose.stderr.includes('\u001b') || verbose.stderr.includes('\u0007'))
  }
})

t.test('an older Node.js is told which one is needed', async (t) => {
  const version = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.12.0" } })'
  const { code, stderr } = await run(['--help'], { env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(version)}` } })
  t.same([code, stderr], [1, 'fastify-netlify-functions needs Node.js 22.13 or newer; this is 22.12.0\n'])
})
