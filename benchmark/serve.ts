import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { argv } from 'node:process'
import { cpuTime } from './cpu-time.ts'
import type { CpuTime, ServerOrder, ServerReady } from './messages.ts'
import type { BenchServer } from './server.ts'
import { workloads } from './workloads.ts'

// The process of one server, for one workload. It ends with its runner.
process.on('disconnect', () => process.exit())
process.on('message', async (order: ServerOrder) => reply(await follow(order)))

const session = new Session()
const [, , name, workload = ''] = argv
const { server } = await import(new URL(`servers/${name}.js`, import.meta.url).href) as { server: BenchServer }
const port = await server.start(workloads.get(workload)!, workloads.values())
reply({ port, title: server.title } satisfies ServerReady)

async function follow (order: ServerOrder): Promise<CpuTime> {
  if (order.kind === 'start-profile') {
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
  }
  if (order.kind === 'stop-profile') {
    const { profile } = await session.post('Profiler.stop')
    await writeFile(order.file, JSON.stringify(profile))
  }
  return cpuTime()
}

function reply (message: ServerReady | CpuTime): void {
  process.send?.(message)
}
