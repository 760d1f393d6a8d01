import { mkdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bootSection } from './boot/section.ts'
import { BOOT_FUNCTIONS, measureBoot } from './boot/times.ts'
import { choose } from './choice.ts'
import { contestSection } from './contest-section.ts'
import { compare } from './contest.ts'
import { benchmark, siteRoot } from './directory.ts'
import { generateSite, numbersTo } from './generated-site.ts'
import { isolations, type Isolation } from './isolation.ts'
import { startLoadGenerator, type LoadGenerator } from './load-generator.ts'
import { describeMachine } from './machine.ts'
import { table, writeBetweenMarkers } from './markdown.ts'
import { measureGrowth } from './memory/growth.ts'
import { memorySection } from './memory/section.ts'
import { measureNetlifyCli } from './netlify-cli.ts'
import { operateSection, operateServers } from './operate/section.ts'
import { summarizeProfile, type TimeShare } from './profile.ts'
import { measureQueue } from './queue/figures.ts'
import { queueSection } from './queue/section.ts'
import { helloGoal, referenceOf, type Reference } from './reference.ts'
import { measureRemains } from './reload/remains.ts'
import { reloadSection } from './reload/section.ts'
import { measureReloads } from './reload/traffic.ts'
import type { Section } from './section.ts'
import { measureComputation } from './threads/computation.ts'
import { measureNeighbours } from './threads/neighbours.ts'
import { threadSection } from './threads/section.ts'
import { measureSaves } from './watch/saves.ts'
import { watchSection } from './watch/section.ts'
import { workloads } from './workloads.ts'

const HEADLINE = 'hello'
const PROFILES = new URL('profiles/', benchmark)

const choice = await choose()
const sections: Section[] = []
const load = await startLoadGenerator()
try {
  const reference = referenceOf(choice.netlifyCli === undefined ? undefined : await measureNetlifyCli(choice.netlifyCli, netlifySites(), load))
  for (const name of choice.workloads) report(await runWorkload(name, load, reference))
  if (choice.threads !== undefined) report(threadSection(await measureComputation(load, choice.threads), await measureNeighbours(load, choice.threads)))
  if (choice.boots > 0) report(bootSection(await measureBoot(choice.boots), reference))
  for (const driver of choice.drivers) report(queueSection(await measureQueue(driver, load, choice.queue)))
  if (choice.memory > 0) report(memorySection(await measureGrowth(load, choice.memory)))
  if (choice.reloads > 0) report(reloadSection(await inEachIsolation(measureReloads), await inEachIsolation(measureRemains)))
  if (choice.saves > 0) report(watchSection(await measureSaves(choice.saves)))
  if (choice.operate) report(operateSection(await compare(HEADLINE, workloads.get(HEADLINE)!, { ...choice.contest, servers: operateServers, load, profileFile: undefined })))
  await conclude(reference)
} finally {
  await load.stop()
}

function netlifySites (): { large: string, small: string } {
  return { large: generateSite(numbersTo(BOOT_FUNCTIONS)), small: siteRoot('queue/site') }
}

async function inEachIsolation<Figures> (measure: (isolation: Isolation, reloads: number, load: LoadGenerator) => Promise<Figures>): Promise<Figures[]> {
  return await Array.fromAsync(isolations, async (isolation) => await measure(isolation, choice.reloads, load))
}

async function runWorkload (name: string, load: LoadGenerator, reference: Reference): Promise<Section> {
  const workload = workloads.get(name)!
  const servers = choice.serversOf(workload)
  const profileFile = choice.profiles ? (server: string) => fileURLToPath(new URL(`${name}-${server}.cpuprofile`, PROFILES)) : undefined
  if (choice.profiles) await mkdir(PROFILES, { recursive: true })
  const figures = await compare(name, workload, { ...choice.contest, servers, load, profileFile })
  if (profileFile !== undefined) for (const server of servers) await printProfile(profileFile(server), server)
  const section = contestSection(workload, figures)
  return name === HEADLINE ? { ...section, goals: [...section.goals, ...helloGoal(figures, reference)] } : section
}

function report (section: Section): void {
  sections.push(section)
  console.log(`\n### ${section.title}\n\n${section.text}`)
}

async function conclude ({ title, note }: Reference): Promise<void> {
  const machine = await describeMachine()
  const results = sections.flatMap(({ goals }) => goals)
  const rows = results.map(({ work, against, goal, measured, reached }) => [work, against, goal, measured, reached ? 'yes' : '**no**'])
  const notes = results.some(({ against }) => against.startsWith(title)) ? [note] : []
  const summary = [table(['work', 'against', 'goal', 'measured', 'reached'], rows, 2), ...notes].join('\n\n')
  console.log(`\n### Goals\n\n${summary}\n\n${machine}`)
  if (!choice.isComplete) return
  const parts = sections.map(({ title, text }) => `### ${title}\n\n${text}`)
  await writeBetweenMarkers(new URL('README.md', benchmark), [machine, `### Goals\n\n${summary}`, ...parts].join('\n\n'))
  const headline = sections.find(({ title }) => title === workloads.get(HEADLINE)!.title)
  await writeBetweenMarkers(new URL('../README.md', benchmark), `${headline?.text}\n\n${machine}`)
}

async function printProfile (file: string, server: string): Promise<void> {
  const { self, owners } = summarizeProfile(JSON.parse(await readFile(file, 'utf8')), 25)
  console.log(`\n${server}, self time:\n${self.map(line).join('\n')}\n\n${server}, time with what Node.js did for it:\n${owners.map(line).join('\n')}`)
}

function line ({ where, share }: TimeShare): string {
  return `${(share * 100).toFixed(1).padStart(6)} %  ${where}`
}
