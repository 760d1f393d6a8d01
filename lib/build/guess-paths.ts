import { readFile } from 'node:fs/promises'

const PATH_IN_CONFIG = /\bconfig\b[^]*?\bpath\s*:\s*(\[[^\]]*\]|'[^'\n]*'|"[^"\n]*"|`[^`\n$]*`)/
const STRING = /'([^'\n]*)'|"([^"\n]*)"|`([^`\n$]*)`/g

/**
 * Reads the literal paths of a `config` from the source text of a function that cannot be loaded,
 * so that its URLs can say so. A guess: what is computed is not found.
 */
export async function guessPaths (file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const found = PATH_IN_CONFIG.exec(text)?.[1] ?? ''
  return [...found.matchAll(STRING)].map(([, single, double, template]) => single ?? double ?? template ?? '')
}
