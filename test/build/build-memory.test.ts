import t from 'tap'
import { createBuildMemory, type BuildMemory } from '../../lib/build/build-memory.ts'
import type { FunctionSource } from '../../lib/functions/definition.ts'

const A: FunctionSource = { name: 'a', file: '/site/fns/a.ts', directory: '/site/fns' }

function remembering (inputs: string[], isIncomplete = false): BuildMemory<string> {
  const memory = createBuildMemory<string>()
  memory.remember(A, '', { result: 'built', inputs, isIncomplete })
  return memory
}

/** Whether a change of a file makes that `a`, which has these inputs, is built again. */
function reaches (changed: string, inputs: string[], isIncomplete = false): boolean {
  const memory = remembering(inputs, isIncomplete)
  const isReached = memory.forget([changed])
  return isReached && memory.recall(A, '') === undefined
}

t.test('what is remembered counts for the same file in the same situation', async (t) => {
  const memory = remembering([])
  t.match(memory.recall(A, ''), { result: 'built' })
  t.equal(memory.recall(A, 'other variables'), undefined)
  t.equal(memory.recall({ ...A, file: '/site/fns/a/a.ts' }, ''), undefined)
  t.equal(memory.forget(['/site/README.md']), false)
  t.match(memory.recall(A, ''), { result: 'built' })
  t.ok(memory.forget())
  t.equal(memory.recall(A, ''), undefined)
})

t.test('a change reaches a function by its files, and by what its imports could mean', async (t) => {
  t.ok(reaches('/site/fns/a.ts', []), 'its entry')
  t.ok(reaches('/lib/x.ts', ['/lib/x.ts']))
  t.ok(reaches('/lib/x.js', ['/lib/x.ts']), 'another extension')
  t.ok(reaches('/lib/x.d.ts', ['/lib/x.ts']))
  t.ok(reaches('/lib/x', ['/lib/x.ts']), 'a directory of that name')
  t.ok(reaches('/lib/x.ts', ['/lib/x/index.ts']), 'a file in place of a directory')
  t.ok(reaches('/lib/x/index.js', ['/lib/x/index.ts']))
  t.ok(reaches('/lib/x/index.ts', ['/lib/x.ts']))
  t.notOk(reaches('/lib/y.ts', ['/lib/x.ts']))
  t.notOk(reaches('/lib/xy.ts', ['/lib/x.ts']))
  t.notOk(reaches('/lib/deep/x.ts', ['/lib/x.ts']))
})

t.test('configuration reaches all, unless it is the data of some; lost imports wait for any new file', async (t) => {
  for (const file of ['/site/package.json', '/site/lib/tsconfig.json', '/site/package-lock.json', '/site/pnpm-lock.yaml', '/site/yarn.lock', '/site/bun.lockb']) t.ok(reaches(file, []), file)
  t.notOk(reaches('/site/data/state.json', []))
  const memory = remembering(['/data/package.json'])
  memory.remember({ ...A, name: 'b' }, '', { result: 'other', inputs: [], isIncomplete: false })
  t.ok(memory.forget(['/data/package.json']))
  t.match(memory.recall({ ...A, name: 'b' }, ''), { result: 'other' })

  t.ok(reaches('/lib/new.ts', [], true))
  t.notOk(reaches('/lib/new.ts', []))
})

t.test('what changes during a build is not remembered from it', async (t) => {
  const memory = createBuildMemory<string>()
  memory.begin()
  t.ok(memory.forget(['/lib/x.ts']), 'nobody knows yet whom it reaches')
  memory.remember(A, '', { result: 'stale', inputs: ['/lib/x.ts'], isIncomplete: false })
  memory.remember({ ...A, name: 'b' }, '', { result: 'fresh', inputs: [], isIncomplete: false })
  memory.end()
  t.equal(memory.recall(A, ''), undefined)
  t.match(memory.recall({ ...A, name: 'b' }, ''), { result: 'fresh' })

  memory.begin()
  memory.forget()
  memory.remember(A, '', { result: 'stale', inputs: [], isIncomplete: false })
  t.equal(memory.recall(A, ''), undefined)
  memory.begin()
  memory.remember(A, '', { result: 'fresh', inputs: ['/lib/x.ts'], isIncomplete: false })
  t.match(memory.recall(A, ''), { result: 'fresh' })
  t.strictSame(memory.directories(), new Set(['/site/fns', '/lib']))
})
