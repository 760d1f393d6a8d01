import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startExample } from './example-server.ts'

const example = join(import.meta.dirname, '../example-app')
const CLOCK_LINE = /^<li>Hello at .+<\/li>$/

// Each test waits for a server of its own most of the time.
t.jobs = 4

t.test('every link of the page answers as the page says', async (t) => {
  const { origin, log } = await startExample(t)
  const page = await fetch(origin)
  t.equal(page.status, 200)
  t.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')

  const answers: Record<string, [status: number, type: string | null, body: RegExp]> = {
    '/.netlify/functions/hello': [200, 'text/plain;charset=UTF-8', /^Hello, world!$/],
    '/.netlify/functions/clock': [200, 'text/html; charset=utf-8', /^<html><body><ol>\s+(<li>Hello at .+<\/li>\s+){6}<\/ol><\/body><\/html>\s$/],
    '/.netlify/functions/pie?pie=rhubarb': [200, 'text/event-stream', /"content":"rhubarb[^]*\ndata: \[DONE\]\n\n$/],
    '/travel-guide/Lisbon/Portugal': [200, 'text/plain;charset=UTF-8', /^You're visiting Lisbon in Portugal!$/],
    '/cats': [200, 'text/plain;charset=UTF-8', /^Meow!/],
    '/dogs': [200, 'text/plain;charset=UTF-8', /^Woof!/],
    '/sale/summer/shoes': [200, 'application/json', /^{"path":"\/sale\/summer\/shoes","params":{"0":"summer\/shoes"}}$/],
    '/item/ABC-123': [200, 'application/json', /^{"path":"\/item\/ABC-123","params":{"sku":"ABC-123"}}$/],
    '/product/teapot': [200, 'text/html; charset=utf-8', /<h1>The teapot<\/h1>/],
    '/product/kettle': [200, 'text/plain;charset=UTF-8', /^There is no page for "kettle" yet\.$/],
    '/nowhere': [404, 'text/html; charset=utf-8', /<h1>There is nothing here<\/h1>/],
    '/.netlify/functions/secret': [401, 'text/plain;charset=UTF-8', /^Sorry, no access for you\.$/],
    '/.netlify/functions/hello-lambda': [200, null, /^{"message":"Hello World"}$/]
  }
  const html = await page.text()
  const links = Array.from(html.matchAll(/<a [^>]*href="([^"]+)"/g), ([, href]) => href)
  t.same(new Set(links), new Set(Object.keys(answers)))
  for (const [, asset = ''] of html.matchAll(/(?:src|rel="(?:icon|stylesheet)" href)="([^"]+)"/g)) {
    t.equal((await fetch(origin + asset)).status, 200, asset)
  }

  await Promise.all(Object.entries(answers).map(async ([path, [status, type, body]]) => {
    const response = await fetch(origin + path)
    t.equal(response.status, status, path)
    t.equal(response.headers.get('content-type'), type, path)
    t.match(await response.text(), body, path)
  }))
  t.equal(log(), '')
})

t.test('the page names the file of every function', async (t) => {
  const page = await readFile(join(example, 'public/index.html'), 'utf8')
  const named = Array.from(page.matchAll(/[\w-]+\.mts/g), ([file]) => file)
  const files = (await readdir(join(example, 'netlify/functions'))).filter((file) => file.endsWith('.mts'))
  t.same(new Set(named), new Set(files))
})

t.test('the clock sends one line a second', async (t) => {
  const { origin } = await startExample(t)
  const response = await fetch(`${origin}/.netlify/functions/clock`)
  const times: number[] = []
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    for (const line of text.split('\n')) if (CLOCK_LINE.test(line)) times.push(Date.now())
  }
  t.equal(times.length, 6)
  t.ok(times.at(-1)! - times[0]! > 4000, `the lines came over ${times.at(-1)! - times[0]!} ms`)
})

t.test('the event stream comes from the service that OPENAI_BASE_URL names, piece by piece', async (t) => {
  const { origin } = await startExample(t)
  const response = await fetch(`${origin}/.netlify/functions/pie?${new URLSearchParams({ pie: 'pears & "thyme"' })}`)
  let pieces = 0
  let recipe = ''
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    pieces++
    for (const [, data] of text.matchAll(/^data: (\{.*)$/gm)) recipe += JSON.parse(data!).choices[0].delta.content
  }
  t.match(recipe, /^# Pie: pears & "thyme"\n[^]*Enjoy!$/)
  t.ok(pieces > 20, `it came in ${pieces} pieces`)
})

t.test('the API key of the environment opens the door', async (t) => {
  const { origin } = await startExample(t)
  const knock = async (key: string): Promise<number> => (await fetch(`${origin}/.netlify/functions/secret`, { headers: { 'X-API-Key': key } })).status
  t.equal(await knock('open-sesame'), 200)
  t.equal(await knock('open-barley'), 401)
})

t.test('the background job is accepted at once, tells its progress and comes to its end', async (t) => {
  const { origin, log } = await startExample(t)
  const url = `${origin}/bake/${crypto.randomUUID()}`
  const accepted = await fetch(url, { method: 'POST' })
  t.equal(accepted.status, 202)
  t.equal(await accepted.text(), '')

  const steps = new Set<string>()
  while (!steps.has('Done')) {
    const { step } = await (await fetch(url)).json() as { step: string }
    steps.add(step)
    await delay(100)
  }
  steps.delete('Queued')
  t.same([...steps], ['Kneading', 'Resting', 'Filling', 'Baking', 'Cooling', 'Done'])
  t.equal(log(), '')
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} lets a stream and a background job under way finish, and the exit code is 0`, async (t) => {
    const { origin, child, log } = await startExample(t)
    const id = crypto.randomUUID()
    await fetch(`${origin}/bake/${id}`, { method: 'POST' })
    const response = await fetch(`${origin}/.netlify/functions/clock`)
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let html = (await reader.read()).value ?? ''

    const exited = once(child, 'exit')
    child.kill(signal)
    for (let read = await reader.read(); !read.done; read = await reader.read()) html += read.value
    t.equal(html.match(/<li>/g)?.length, 6)
    t.match(html, /<\/ol><\/body><\/html>\s$/)

    t.same(await exited, [0, null])
    t.match(await readFile(join(example, `.netlify/progress/${id}.json`), 'utf8'), '"Done"')
    t.equal(log(), '')
    await t.rejects(fetch(origin))
  })
}

t.test('a visitor who leaves in the middle of a stream takes nothing down', async (t) => {
  const { origin, log } = await startExample(t)
  for (const path of ['/.netlify/functions/clock', '/.netlify/functions/pie']) {
    const leaving = new AbortController()
    const response = await fetch(origin + path, { signal: leaving.signal })
    await response.body!.getReader().read()
    leaving.abort()
  }
  // The clocks tick on meanwhile.
  const other = await fetch(`${origin}/.netlify/functions/clock`)
  t.match(await other.text(), /<\/ol>/)
  t.equal(log(), '')
})

t.test('SIGHUP serves what has changed, and what does not build leaves all as it is', async (t) => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'example-copy-')))
  t.teardown(async () => await rm(directory, { recursive: true, force: true }))
  await cp(example, directory, { recursive: true, filter: (path) => !path.includes('.netlify') })
  await symlink(join(example, '../node_modules'), join(directory, 'node_modules'))
  const { origin, child, line } = await startExample(t, directory)
  const hello = join(directory, 'netlify/functions/hello.mts')
  const ask = async (): Promise<string> => await (await fetch(`${origin}/.netlify/functions/hello`)).text()
  t.equal(await ask(), 'Hello, world!')

  await writeFile(hello, (await readFile(hello, 'utf8')).replace('Hello, world!', 'Good evening!'))
  child.kill('SIGHUP')
  await line('The example has been reloaded')
  t.equal(await ask(), 'Good evening!')

  await writeFile(hello, 'export default (')
  child.kill('SIGHUP')
  await line('FST_NETLIFY_RELOAD_FAILED')
  t.equal(await ask(), 'Good evening!')
})
