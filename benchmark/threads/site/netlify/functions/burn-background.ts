import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { compute } from '../../../compute.ts'

/** Between two looks. */
const ROUNDS = 10_000_000

/** Computes while the file of the body is there, and tells by another one. */
export default async (request: Request): Promise<void> => {
  const file = await request.text()
  const burning = `${file}.burning`
  writeFileSync(burning, '')
  while (existsSync(file)) compute(ROUNDS)
  rmSync(burning)
}
