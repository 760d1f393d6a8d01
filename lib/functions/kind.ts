import { FST_NETLIFY_INVALID_CONFIG } from '../errors.ts'
import type { FunctionConfig } from './config.ts'
import type { FunctionKind } from './definition.ts'
import { eventOfFunctionName } from './events.ts'

/**
 * Tells what starts a function. One that is both scheduled and a background function is a background
 * function that the schedule calls too.
 *
 * @throws FST_NETLIFY_INVALID_CONFIG for a path of a function that the clock or an event calls
 */
export function functionKind (name: string, { background, path, schedule }: Pick<FunctionConfig, 'background' | 'path' | 'schedule'>): FunctionKind {
  if (schedule !== undefined && path.length > 0) {
    throw new FST_NETLIFY_INVALID_CONFIG(name, 'path', 'Scheduled functions must not specify a custom path. Please remove the "path" configuration. Learn more about scheduled functions at https://ntl.fyi/custom-path-scheduled-functions.')
  }
  if (eventOfFunctionName(name) !== undefined && path.length > 0) {
    throw new FST_NETLIFY_INVALID_CONFIG(name, 'path', 'Event-triggered functions must not specify a custom path. Please remove the "path" configuration or pick a different name for the function. Learn more about event-triggered functions at https://ntl.fyi/custom-path-event-triggered-functions.')
  }
  if (background || name.endsWith('-background')) return 'background'
  return schedule === undefined ? 'request' : 'scheduled'
}
