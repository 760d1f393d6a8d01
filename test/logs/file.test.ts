import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions, type LogEntry } from '../../lib/index.ts'
import { openLogFile } from '../../lib/logs/file.ts'
import { captureLog, createApp, createSite } from '../helper.ts'
import { mountDisk } from '../queue/small-disk.ts'

const files = { 'netlify/functions/prints.mjs': 'export default () => { console.log("printed"); return new Response("x") }' }

function entry (id: number, length = 10): LogEntry {
  return { id, type: 'output', time: 0, function: 'f', requestId: undefined, jobId: undefined, level: 'info', text: 'x'.repeat(length) }
}

async function linesOf (directory: string, name = /./): Promise<LogEntry[]> {
  const names = (await readdir(directory)).filter((file) => name.test(file)).sort((a, b) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b)))
  const texts = await Promise.all(names.map(async (name) => await readFile(join(directory, name), 'utf8').catch(() => '')))
  return texts.join('').trim().split('\n').filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as LogEntry)
}

async function until (holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise(setImmediate)
}

t.test('invocations and what they print are written to a file, which close() completes', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  await app.register(netlifyFunctions, { root, isolation: 'thread', logs: { file: 'logs/functions.log', history: 0 } })
  await app.inject('/.netlify/functions/prints?secret=1')
  await app.close()
  t.strictSame(await readdir(join(root, 'logs')), ['functions.1.log'])
  t.match(await linesOf(join(root, 'logs')), [
    { id: 1, type: 'output', function: 'prints', requestId: /^[0-9A-Z]{26}$/, level: 'info', text: 'printed' },
    { id: 2, type: 'invocation', record: { function: 'prints', outcome: 'succeeded', status: 200, path: '/.netlify/functions/prints' } }
  ])
})

t.test('a file of the given size is followed by the next, and old ones are removed', async (t) => {
  const root = await createSite(t, {})
  const directory = join(root, 'logs')
  const { log, errors } = watchLog()
  const file = await openLogFile({ path: join(directory, 'functions.log'), size: 20_000, frequency: undefined, keep: 2 }, log)
  let id = 0
  await until(async () => {
    file.write(entry(++id, 1000))
    return (await readdir(directory)).includes('functions.6.log')
  })
  await file.close()
  await file.close()
  file.write(entry(0))
  await until(async () => (await readdir(directory)).length <= 3)
  const names = await readdir(directory)
  t.notOk(names.includes('functions.1.log'), 'the first is gone')
  const lines = await linesOf(directory)
  t.strictSame(lines.map((line) => line.id), lines.map((_, index) => id + 1 - lines.length + index), 'the last lines are there, without a gap')
  t.strictSame(errors, [])
})

t.test('a file of the given time is followed by the next', async (t) => {
  const root = await createSite(t, {})
  const { log, errors } = watchLog()
  const file = await openLogFile({ path: join(root, 'functions.log'), size: 1_000_000, frequency: 50, keep: 3 }, log)
  let id = 0
  await until(async () => {
    file.write(entry(++id))
    return (await readdir(root)).length > 1
  })
  await file.close()
  t.strictSame((await linesOf(root)).map(({ id }) => id), Array.from({ length: id }, (_, index) => index + 1))
  t.strictSame(errors, [])
})

t.test('a disk that is full is logged once, and again when it has room', async (t) => {
  const directory = mountDisk(t, '4m')
  if (directory === undefined) return t.pass('this process may not mount a file system', { skip: true })
  await writeFile(join(directory, 'ballast'), Buffer.alloc(3900 * 1024))
  const { log, errors, infos } = watchLog()
  const file = await openLogFile({ path: join(directory, 'functions.log'), size: 10_000_000, frequency: undefined, keep: 1 }, log, 0)
  t.teardown(() => file.close())
  for (let id = 1; errors.length === 0; id++) {
    file.write(entry(id, 10_000))
    await new Promise(setImmediate)
  }
  for (let id = 1001; id <= 1100; id++) {
    file.write(entry(id))
    await new Promise(setImmediate)
  }
  t.match(errors, [{ err: { code: 'ENOSPC' }, file: join(directory, 'functions.log') }])
  t.equal(errors.length, 1)
  t.strictSame(infos, [])

  await rm(join(directory, 'ballast'))
  for (let id = 2001; infos.length === 0; id++) {
    file.write(entry(id))
    await new Promise(setImmediate)
  }
  t.match(infos, [{ file: join(directory, 'functions.log'), lost: Number }])
  file.write(entry(3000))
  await file.close()
  const ids = (await linesOf(directory, /functions/)).map(({ id }) => id)
  t.equal(ids[0], 1)
  t.equal(ids.at(-1), 3000)
  t.equal(new Set(ids).size, ids.length, 'no line is broken or there twice')
})

t.test('a function runs while the disk is full, and the server closes', async (t) => {
  const root = await createSite(t, files)
  await mkdir(join(root, 'logs'))
  await symlink('/dev/full', join(root, 'logs/functions.1.log'))
  const log = captureLog()
  const app = Fastify({ logger: log.logger })
  await app.register(netlifyFunctions, { root, isolation: 'inline', logs: { file: 'logs/functions.log' } })
  for (let call = 0; call < 10; call++) t.equal((await app.inject('/.netlify/functions/prints')).statusCode, 200)
  await log.line(({ err }) => err?.code === 'ENOSPC')
  await app.close()
  t.equal(log.lines.filter(({ err }) => err?.code === 'ENOSPC').length, 1)
})

t.test('a file that cannot be written fails the registration', async (t) => {
  const root = await createSite(t, files)
  await writeFile(join(root, 'taken'), '')
  await t.rejects(createApp(t, files, { logs: { file: join(root, 'taken/functions.log') } }), {
    code: 'FST_NETLIFY_INVALID_OPTION', message: /^Option "logs\.file" names a file that cannot be written, .*taken\/functions\.log: E(?:NOTDIR|EXIST)/
  })
})

/** A log whose lines are counted. */
function watchLog (): { log: Parameters<typeof openLogFile>[1], errors: unknown[], infos: unknown[] } {
  const errors: unknown[] = []
  const infos: unknown[] = []
  return {
    log: { error: (details: unknown) => { errors.push(details) }, info: (details: unknown) => { infos.push(details) } },
    errors,
    infos
  }
}
