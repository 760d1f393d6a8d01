import { access, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { defaultBackground } from '../lib/options/background.ts'
import { defaultLimits } from '../lib/options/limits.ts'
import { resolveOptions } from '../lib/options/resolve.ts'

const repository = join(import.meta.dirname, '..')
const pages = ['README.md', 'docs/architecture.md', 'docs/cli.md', 'docs/compatibility.md', 'docs/dashboard.md', 'docs/errors.md', 'docs/isolation.md', 'docs/logs.md', 'docs/metrics.md', 'docs/moving-from-netlify.md', 'docs/production.md', 'docs/queue-drivers.md']
const readme = await readPage('README.md')

t.test('the README has every option in its table', async (t) => {
  const inTable = optionRows().flatMap(([names]) => namesIn(names!)).map((name) => name.split('.', 1)[0])
  t.strictSame([...new Set(inTable)].sort(), optionNames().sort())
})

t.test('the README has every limit with its default', async (t) => {
  for (const [limit, value] of Object.entries(defaultLimits)) {
    const [, given] = optionRows().find(([names]) => namesIn(names!).includes(`limits.${limit}`)) ?? []
    t.equal(given, shown(typeof value === 'number' ? value : value.total, /timeout$/i.test(limit)), limit)
  }
})

t.test('the README has the defaults of background work and of the switches', async (t) => {
  const { schedule, forms, trustPlatformHeaders } = resolveOptions({})
  for (const [option, value] of Object.entries({ schedule, forms, trustPlatformHeaders })) hasDefault(t, option, `\`${value}\``)
  const { concurrency, retryDelays, drainTimeout, leaseDuration, secretHeaders } = defaultBackground
  hasDefault(t, 'background.concurrency', `\`{ total: ${concurrency.total}, perFunction: ${concurrency.perFunction} }\``)
  hasDefault(t, 'background.retryDelays', `\`[${retryDelays.map(grouped).join(', ')}]\` ms`)
  for (const [option, time] of Object.entries({ drainTimeout, leaseDuration })) hasDefault(t, `background.${option}`, `\`${grouped(time)}\` ms`)
  hasDefault(t, 'background.secretHeaders', `\`[${secretHeaders.map((name) => `'${name}'`).join(', ')}]\``)
})

t.test('the README is short', async (t) => {
  t.ok(readme.split('\n').length < 300)
})

t.test('pages link to files that exist', async (t) => {
  for (const page of pages) {
    for (const [, target] of (await readPage(page)).matchAll(/\]\(([^):#]+)(?:#[^)]*)?\)/g)) {
      await t.resolves(access(join(repository, dirname(page), target!)), `${page}: ${target}`)
    }
  }
})

t.test('docs/architecture.md names files that exist', async (t) => {
  const named = [...(await readPage('docs/architecture.md')).matchAll(/`([a-z-]+\/(?:[a-z-]+\.ts)?)`/g)].map(([, path]) => path!)
  t.ok(named.length > 20)
  for (const path of named) {
    await t.resolves(access(join(repository, 'lib', path)).catch(async () => await access(join(repository, path))), path)
  }
})

async function readPage (page: string): Promise<string> {
  return await readFile(join(repository, page), 'utf8')
}

/** Cells of the table of options. */
function optionRows (): string[][] {
  const [, section = ''] = readme.split('\n## Options\n')
  const [table = ''] = section.split('\n###')
  return table.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split(/ ?\| ?/).slice(1, -1))
}

function namesIn (cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
}

function hasDefault (t: Test, option: string, value: string): void {
  t.equal(optionRows().find(([names]) => names === `\`${option}\``)?.[1], value, option)
}

/** The options that the message for an unknown one lists, without Fastify's own. */
function optionNames (): string[] {
  try {
    resolveOptions({ unknown: true } as object)
  } catch (error) {
    const [, names = ''] = (error as Error).message.split('the options are ')
    return names.split(', ').filter((name) => !['logLevel', 'logSerializers'].includes(name))
  }
  return []
}

function shown (value: number, isTime: boolean): string {
  if (isTime) return `\`${grouped(value)}\` ms`
  if (value === Infinity) return '`Infinity`'
  return value < 1024 ** 2 ? `${value / 1024} KB` : `${value / 1024 ** 2} MB`
}

function grouped (value: number): string {
  return value.toLocaleString('en').replaceAll(',', '_')
}
