import { spawnSync } from 'node:child_process'
import type { FastifyInstance } from 'fastify'

/** The value of each series, by its text. */
export type Series = ReadonlyMap<string, number>

export async function scrape (app: FastifyInstance, url = '/metrics'): Promise<{ text: string, series: Series }> {
  const reply = await app.inject(url)
  if (reply.statusCode !== 200) throw new Error(`${url} gives ${reply.statusCode}: ${reply.body}`)
  return { text: reply.body, series: parse(reply.body) }
}

export function parse (text: string): Series {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

/** The names of all metrics, by their TYPE lines. */
export function names (text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
}

/** Why Prometheus's own checker cannot be asked; it is part of Debian's package `prometheus`. */
export function promtoolMissing (): string | false {
  if (spawnSync('promtool', ['--version']).status === 0) return false
  if (process.env.REQUIRE_PROMTOOL === '1') throw new Error('REQUIRE_PROMTOOL is set, and there is no promtool: apt-get install prometheus')
  return 'there is no promtool: apt-get install prometheus'
}

/** What promtool has to say; nothing if all is well. */
export function promtool (args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}`
}
