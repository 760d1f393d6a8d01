import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { argv, cpuUsage } from 'node:process'
import type { ServerOrder, ServerReady } from './messages.ts'
import type { BenchServer } from './server.ts'
import { workloads } from './workloads.ts'

// The process of one server. It ends with its runner.
process.on('disconnect', () => process.exit())
process.on('message', async (order: ServerOrder) => reply(await follow(order)))

const session = new Session()
const { server } = await import(new URL(`servers/${argv[2]}.js`, import.meta.url).href) as { server: BenchServer }
const port = await server.start(workloads.values())
reply({ port, title: server.title } satisfies ServerReady)

async function follow (order: ServerOrder): Promise<number> {
  if (order.kind === 'start-profile') {
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
  }
  if (order.kind === 'stop-profile') {
    const { profile } = await session.post('Profiler.stop')
    await writeFile(order.file, JSON.stringify(profile))
  }
  const { user, system } = cpuUsage()
  return user + system
}

function reply (message: ServerReady | number): void {
  process.send?.(message)
}
