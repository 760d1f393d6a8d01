import { mkdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureBoot, type BootTimes } from './boot.ts'
import { compare, listServers, startLoadGenerator, type Figures, type Plan } from './contest.ts'
import { describeMachine } from './machine.ts'
import { summarizeProfile, type TimeShare } from './profile.ts'
import { bootTable, figuresTable, writeBetweenMarkers } from './report.ts'
import { workloads } from './workloads.ts'

const FULL: Plan & { readonly boots: number } = { rounds: 60, warmUpRounds: 10, requests: 2000, connections: 50, boots: 9 }
const QUICK: typeof FULL = { ...FULL, rounds: 10, warmUpRounds: 5, boots: 3 }
const HEADLINE = 'hello'
const PROFILES = new URL('profiles/', import.meta.url)

const servers = await listServers()
const { values: { quick, 'cpu-prof': cpuProf, workload: chosenWorkloads = [...workloads.keys()], server: chosenServers = servers, boot } } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'cpu-prof': { type: 'boolean', default: false },
    workload: { type: 'string', multiple: true },
    server: { type: 'string', multiple: true },
    boot: { type: 'boolean', default: true }
  },
  allowNegative: true
})
checkNames('workload', chosenWorkloads, [...workloads.keys()])
checkNames('server', chosenServers, servers)

const plan = quick ? QUICK : FULL
const sections = new Map<string, string>()
const load = await startLoadGenerator()
try {
  for (const name of chosenWorkloads) {
    const workload = workloads.get(name)!
    const profileFile = cpuProf ? (server: string) => fileURLToPath(new URL(`${name}-${server}.cpuprofile`, PROFILES)) : undefined
    if (cpuProf) await mkdir(PROFILES, { recursive: true })
    const figures: Figures[] = await compare(workload, { plan, servers: chosenServers, load, profileFile })
    sections.set(name, figuresTable(figures))
    console.log(`\n### ${workload.title}\n\n${sections.get(name)}`)
    if (profileFile !== undefined) for (const server of chosenServers) await printProfile(profileFile(server), server)
  }
} finally {
  await load.stop()
}

const boots: BootTimes | undefined = boot && !cpuProf ? await measureBoot(plan.boots) : undefined
if (boots !== undefined) console.log(`\n### Boot\n\n${bootTable(boots)}`)
const machine = await describeMachine()
console.log(`\n${machine}`)

const isComplete = !quick && !cpuProf && boots !== undefined && chosenWorkloads.length === workloads.size && chosenServers.length === servers.length
if (isComplete) {
  const parts = [...sections].map(([name, table]) => `### ${workloads.get(name)!.title}\n\n${table}`)
  await writeBetweenMarkers(new URL('README.md', import.meta.url), [machine, ...parts, `### Boot\n\n${bootTable(boots)}`].join('\n\n'))
  await writeBetweenMarkers(new URL('../README.md', import.meta.url), `${sections.get(HEADLINE)}\n\n${machine}`)
}

async function printProfile (file: string, server: string): Promise<void> {
  const { self, owners } = summarizeProfile(JSON.parse(await readFile(file, 'utf8')), 25)
  console.log(`\n${server}, self time:\n${self.map(line).join('\n')}\n\n${server}, time with what Node.js did for it:\n${owners.map(line).join('\n')}`)
}

function line ({ where, share }: TimeShare): string {
  return `${(share * 100).toFixed(1).padStart(6)} %  ${where}`
}

function checkNames (option: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`--${option} ${unknown} is not known; there are ${known.join(', ')}`)
}
