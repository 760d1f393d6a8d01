import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A site of TypeScript functions with these numbers, in a temporary directory that goes with the process. */
export function generateSite (numbers: Iterable<number>): string {
  const root = makeSiteDirectory()
  const functions = join(root, 'netlify', 'functions')
  const shared = join(root, 'shared')
  mkdirSync(functions, { recursive: true })
  mkdirSync(shared)
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(shared, 'greeting.ts'), `
export interface Greeting { readonly from: string, readonly name: string }
export function greeting ({ from, name }: Greeting): string {
  return \`\${from} says: hello, \${name}\`
}
`)
  for (const number of numbers) {
    writeFileSync(join(functions, `greet${number}.ts`), `
import { greeting } from '../../shared/greeting.ts'

interface Context { readonly params: Readonly<Record<string, string>> }

export default async (request: Request, { params }: Context): Promise<Response> => (
  new Response(greeting({ from: 'Function ${number}', name: params.name ?? 'world' }))
)

export const config = { path: ['/greet/${number}', '/greet/${number}/:name'] }
`)
  }
  return root
}

/** A temporary directory that goes with the process. */
export function makeSiteDirectory (): string {
  const root = mkdtempSync(join(tmpdir(), 'netlify-bench-'))
  process.once('exit', () => rmSync(root, { recursive: true, force: true }))
  return root
}

/** The whole numbers from 1 on. */
export function numbersTo (last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}
