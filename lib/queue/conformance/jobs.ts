import type { Claim, JobState, NewJob, QueueDriver } from '../driver.ts'

/** A call with everything a driver has to keep. */
export function newJob (id: string, changes: Partial<NewJob> = {}): NewJob {
  const headers = { 'content-type': 'text/plain' }
  const request = { method: 'POST', url: 'http://localhost/job', headers, body: new Uint8Array([1, 2, 3]) }
  const route = { params: { size: 'L' }, route: '/job/:size' }
  return { id, function: 'job', deployId: '0', requestId: `request-${id}`, ip: '127.0.0.1', ...route, request, ...changes }
}

/** Stores jobs one after the other. */
export async function enqueue (driver: QueueDriver, ...names: string[]): Promise<void> {
  for (const id of names) await driver.enqueue(newJob(id))
}

export async function stateOf (driver: QueueDriver, id: string): Promise<JobState | undefined> {
  return (await driver.list({ id }))[0]?.state
}

export function ids (claims: Claim[]): string[] {
  return claims.map(({ job }) => job.id)
}

/** What the producer gave; drivers may hand out the body as a Buffer, the headers without a prototype. */
export function given ({ id, function: name, deployId, requestId, ip, params, route, request, sealedHeaders }: NewJob): unknown {
  const { method, url, headers, body } = request
  const bytes = body && [...body]
  return { id, name, deployId, requestId, ip, params: { ...params }, route, method, url, headers: { ...headers }, bytes, sealedHeaders }
}
