import type { Attributes } from '@opentelemetry/api'
import type { InvocationRecord, Trigger } from '../functions/invocation-record.ts'

const FAAS_TRIGGERS: Readonly<Record<Trigger, string>> = { http: 'http', background: 'pubsub', schedule: 'timer', event: 'pubsub', invoke: 'other' }
const SYSTEM = 'netlify_functions'

/** Of a call that is put into the queue. */
export function sendAttributes (functionName: string, requestId: string): Attributes {
  return { ...messaging(functionName, 'send'), 'messaging.message.conversation_id': requestId }
}

/** Of an invocation that begins. */
export function beginningAttributes (functionName: string, requestId: string, job: InvocationRecord['job']): Attributes {
  return {
    'faas.name': functionName,
    'faas.invocation_id': requestId,
    ...(job !== undefined && { ...messaging(functionName, 'process'), 'messaging.message.id': job.id, 'netlify.job.attempt': job.attempt })
  }
}

/** Of one that is over. */
export function endingAttributes ({ trigger, outcome, status, isolation, deployId, method, job, error }: InvocationRecord): Attributes {
  return {
    'faas.trigger': FAAS_TRIGGERS[trigger],
    'netlify.outcome': outcome,
    'netlify.isolation': isolation,
    ...(deployId !== '' && { 'netlify.deploy.id': deployId }),
    ...(job === undefined && { 'http.request.method': method }),
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(outcome === 'failed' && { 'error.type': errorType(error, status) })
  }
}

/** A name that does not differ from failure to failure. */
function errorType (error: unknown, status: number | undefined): string {
  try {
    if (!(error instanceof Error)) return status === undefined ? '_OTHER' : String(status)
    const { code } = error as { code?: unknown }
    return typeof code === 'string' ? code : String(error.name)
  } catch {
    return '_OTHER'
  }
}

function messaging (functionName: string, operation: 'send' | 'process'): Attributes {
  return { 'messaging.system': SYSTEM, 'messaging.destination.name': functionName, 'messaging.operation.name': operation, 'messaging.operation.type': operation }
}
