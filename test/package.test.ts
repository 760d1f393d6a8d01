import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '..')
const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'))

// Packing and installing go over the network.
t.setTimeout(300_000)
const directory = await realpath(await mkdtemp(join(tmpdir(), 'netlify-package-')))
t.teardown(async () => await rm(directory, { recursive: true, force: true }))
const project = await installPackage()
const installed = join(project, 'node_modules', manifest.name)

t.test('the package holds what it runs on and its documentation, nothing else', async (t) => {
  const files = (await filesBelow(installed)).filter((file) => !file.startsWith('node_modules/'))
  const built = (await filesBelow(join(repository, 'lib'))).flatMap((file) => ['.js', '.d.ts'].map((ending) => `dist/${file.slice(0, -3)}${ending}`))
  const docs = (await filesBelow(join(repository, 'docs'))).map((file) => `docs/${file}`)

  t.strictSame(files.sort(), ['LICENSE', 'README.md', 'package.json', ...built, ...docs].sort())
  t.ok(docs.every((file) => /\.(?:md|png)$|^docs\/production\//.test(file)))
  const texts = await Promise.all(files.map(async (file) => await readFile(join(installed, file), 'utf8')))
  t.strictSame(files.filter((_, index) => /^\/\/# sourceMappingURL=/m.test(texts[index]!)), [], 'no file points at a source map that is not there')
})

t.test('installing it runs no script of its own', async (t) => {
  const { scripts = {} } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  t.strictSame(Object.keys(scripts).filter((name) => /install$|^prepare$/.test(name)), [])
})

for (const file of ['import.js', 'require.cjs', 'serve.js']) {
  t.test(`a project can ${file.split('.')[0]} it`, async (t) => {
    const { stdout, stderr } = await run(process.execPath, [join(project, file)], { cwd: project })
    t.match(stdout, `d on Node.js ${process.version}`)
    t.equal(stderr, '')
  })
}

t.test('its command starts', async (t) => {
  const { stdout } = await run(process.execPath, [join(project, 'node_modules', '.bin', manifest.name), 'list', project])
  t.match(stdout, /^price +request/m)
})

for (const [resolution, config] of [['nodenext', 'tsconfig.json'], ['bundler', 'tsconfig.bundler.json']] as const) {
  t.test(`its types hold in a strict project with moduleResolution ${resolution}, its declarations checked too`, async (t) => {
    t.equal(await typeErrors(join(project, config)), '')
  })
}

/** Packs a copy of the repository, so that its own `dist/` is left alone, and installs the tarball as npm 12 would: without scripts. */
async function installPackage (): Promise<string> {
  const source = join(directory, 'source')
  const project = join(directory, 'project')
  const notCopied = new Set(['node_modules', 'dist', '.git', '.tap', '.netlify'])
  await cp(repository, source, { recursive: true, filter: (path) => !notCopied.has(basename(path)) })
  await symlink(join(repository, 'node_modules'), join(source, 'node_modules'))
  await run('npm', ['pack', '--pack-destination', directory], { cwd: source })

  await cp(join(repository, 'test', 'package'), project, { recursive: true })
  const tarball = join(directory, `${manifest.name}-${manifest.version}.tgz`)
  const { fastify, '@types/node': types } = manifest.devDependencies
  await run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball, `fastify@${fastify}`, `@types/node@${types}`], { cwd: project })
  return project
}

async function typeErrors (config: string): Promise<string> {
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
  return await run(process.execPath, [compiler, '-p', config]).then(() => '', ({ stdout }: { stdout: string }) => stdout)
}

async function filesBelow (directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(directory, join(entry.parentPath, entry.name)))
}
