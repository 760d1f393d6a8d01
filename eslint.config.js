import { readdirSync } from 'node:fs'
import { parse } from 'node:path'
import neostandard from 'neostandard'

// Imports in lib/ go down the floors only; docs/architecture.md draws them.
const floors = [
  ['errors'],
  ['functions'],
  ['build', 'site', 'http', 'lambda', 'queue'],
  ['invoke'],
  ['logs'],
  ['server'],
  ['dashboard', 'metrics', 'tracing'],
  ['options'],
  ['version', 'operate'],
  ['plugin'],
  ['index'],
  ['cli']
]

const floorless = readdirSync(new URL('lib/', import.meta.url)).filter((entry) => !floors.flat().includes(parse(entry).name))
if (floorless.length > 0) throw new Error(`lib/${floorless[0]} is on no floor; give it one here and in docs/architecture.md`)

const boundaries = floors.flatMap((units, floor) => units.map((unit) => ({
  files: [`lib/${unit}.ts`, `lib/${unit}/**/*.ts`],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: floors.slice(floor).flat().filter((other) => other !== unit).map((other) => ({
        regex: `^(\\.\\.?/)+${other}(\\.ts$|/)`,
        message: `lib/${unit} may not import lib/${other} (docs/architecture.md).`
      }))
    }]
  }
})))

export default [
  ...neostandard({
    ts: true,
    noJsx: true,
    ignores: ['dist', '**/node_modules', '**/.netlify', '**/dist', 'test/fixtures', 'test/sites/*/**', 'example-app/netlify'],
    filesTs: ['**/*.mts', '**/*.cts']
  }),
  {
    files: ['**/*.{ts,mts,cts}'],
    rules: { '@typescript-eslint/no-explicit-any': 'error' }
  },
  ...boundaries
]
