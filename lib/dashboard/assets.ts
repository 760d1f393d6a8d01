import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { icon } from './assets/icon.ts'
import { styles } from './assets/styles.ts'

/** What pages load: under a path with the hash of all of it, so that browsers never ask twice and never mix two versions. */
export interface Assets {
  /** Paths below the dashboard. */
  readonly style: string
  readonly plots: string
  readonly plotStyle: string
  readonly script: string
  get (hash: string, file: string): Asset | undefined
}

export interface Asset {
  readonly type: string
  readonly content: string
}

const OWN_ENDING = extname(import.meta.url)
/** Modules for the browser, which import each other by these names. */
const MODULES = ['main', 'live-log', 'morph', 'plots']
const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

export function loadAssets (): Assets {
  const files = new Map<string, Asset>([
    ['style.css', { type: STYLE, content: styles }],
    ['icon.svg', { type: 'image/svg+xml', content: icon }],
    ['uplot.css', { type: STYLE, content: readPackaged('uplot/dist/uPlot.min.css') }],
    ['uplot.js', { type: SCRIPT, content: readPackaged('uplot/dist/uPlot.iife.min.js') }],
    ...MODULES.map((name): [string, Asset] => [`${name}${OWN_ENDING}`, { type: SCRIPT, content: readModule(name) }])
  ])
  const sum = createHash('sha256')
  for (const { content } of files.values()) sum.update(content)
  const hash = sum.digest('hex').slice(0, 16)
  const pathOf = (file: string): string => `/assets/${hash}/${file}`
  return {
    style: pathOf('style.css'),
    plots: pathOf('uplot.js'),
    plotStyle: pathOf('uplot.css'),
    script: pathOf(`main${OWN_ENDING}`),
    get: (given, file) => given === hash ? files.get(file) : undefined
  }
}

function readPackaged (specifier: string): string {
  return readFileSync(fileURLToPath(import.meta.resolve(specifier)), 'utf8')
}

/** From source, in the repository, the types are still in it. */
function readModule (name: string): string {
  const text = readFileSync(new URL(`assets/${name}${OWN_ENDING}`, import.meta.url), 'utf8')
  return OWN_ENDING === '.ts' ? stripTypeScriptTypes(text) : text
}
