import type { FunctionDefinition } from './definition.ts'
import { eventOfFunctionName } from './events.ts'

/** Tells whether requests reach a function by its name; others have a path, or only the clock or an event calls them. */
export function hasDefaultUrl (definition: FunctionDefinition): boolean {
  if (definition.routes.length > 0 || eventOfFunctionName(definition.name) !== undefined) return false
  return definition.state === 'failed' || (definition.kind !== 'scheduled' && !definition.eventsOnly)
}
