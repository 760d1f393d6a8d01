import { join } from 'node:path'
import t from 'tap'
import { createSite, writeFiles } from '../helper.ts'
import { run } from './command.ts'

const root = await createSite(t, {
  'netlify/functions/echo.mjs': `export default async (req) => {
    const { pathname, searchParams } = new URL(req.url)
    const text = [req.method, pathname, req.headers.get('x-one'), await req.text()].join(' ')
    return new Response(text, { status: Number(searchParams.get('status') ?? 200), headers: { 'x-evil': 'a' } })
  }`,
  'netlify/functions/work-background.mjs': `export default async (req) => {
    const body = await req.text()
    console.log('working on ' + body)
    if (body === 'bad') throw new Error('that was bad')
  }`,
  'netlify/functions/tick.mjs': `export default async (req) => { console.log('next ' + (await req.json()).next_run) }
    export const config = { schedule: '@hourly' }`,
  'netlify/functions/timer.mjs': 'setInterval(() => {}, 1000)\nexport default () => new Response("timed")'
})
const invoke = async (name: string, args: string[] = [], input = ''): ReturnType<typeof run> => await run(['invoke', name, '--directory', root, ...args], { input })

t.jobs = 2

t.test('the body goes to the standard output, the rest to the other one', async (t) => {
  const { code, stdout, stderr } = await invoke('echo', ['-i', '--body', 'hi', '--header', 'x-one: 1', '--path', '/a/b'])
  t.equal(code, 0)
  t.equal(stdout, 'POST /a/b 1 hi')
  t.match(stderr, /^200\ncontent-type: .*\nx-evil: a\n\n$/)
})

t.test('a body comes from a file, or from the standard input', async (t) => {
  await writeFiles(root, { 'body.txt': 'from a file' })
  t.equal((await invoke('echo', ['--body', `@${join(root, 'body.txt')}`])).stdout, 'POST /.netlify/functions/echo  from a file')
  t.equal((await invoke('echo', ['--body', '-', '--method', 'PUT'], 'from stdin')).stdout, 'PUT /.netlify/functions/echo  from stdin')
  const absent = await invoke('echo', ['--body', '@absent'])
  t.equal(absent.code, 1)
  t.match(absent.stderr, /the body cannot be read: ENOENT/)
})

t.test('a status from 400 on ends with 1', async (t) => {
  const { code, stdout } = await invoke('echo', ['--query', 'status=404'])
  t.equal(code, 1)
  t.match(stdout, /^GET /)
})

t.test('a background function runs to its end, with what it prints', async (t) => {
  const good = await invoke('work-background', ['--body', 'bread'])
  t.equal(good.code, 0)
  t.match(good.stderr, /working on bread[^]*The background function has succeeded\n$/)
  const bad = await invoke('work-background', ['--body', 'bad'])
  t.equal(bad.code, 1)
  t.match(bad.stderr, /The background function has failed: .*that was bad\n$/)
})

t.test('a scheduled function gets the request of the clock', async (t) => {
  const { code, stderr } = await invoke('tick')
  t.equal(code, 0)
  t.match(stderr, /next \d{4}-\d\d-\d\dT\d\d:00:00/)
})

t.test('a function that leaves a timer behind does not keep the command', async (t) => {
  t.match(await invoke('timer'), { code: 0, stdout: 'timed' })
})

t.test('a name that is not there is answered with those that are', async (t) => {
  t.match(await invoke('nope'), { code: 1, stderr: 'there is no function "nope"; the site has echo, tick, timer, work-background' })
})
