import { resolve } from 'node:path'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { isBoolean, isText } from './kinds.ts'

/** Static files. */
export interface PublishOptions {
  /** Directory of the files, relative to the site's root. */
  directory: string
  /**
   * Whether `404.html` answers what nothing else serves; `false` leaves that to the host.
   * @default true
   */
  notFound?: boolean
  /**
   * Whether files and directories whose name starts with a dot are served.
   * @default false
   */
  dotfiles?: boolean
}

/** @throws FST_NETLIFY_INVALID_OPTION */
export function resolvePublish (publish: string | false | PublishOptions | undefined, root: string): Required<PublishOptions> | false | undefined {
  if (publish === undefined || publish === false) return publish
  const { directory, notFound = true, dotfiles = false, ...others } = typeof publish === 'string' ? { directory: publish } : Object(publish) as PublishOptions
  if (!isText(directory) || !isBoolean(notFound) || !isBoolean(dotfiles) || Object.keys(others).length > 0) {
    throw new FST_NETLIFY_INVALID_OPTION('publish', 'must be a path, false, or { directory, notFound?, dotfiles? }')
  }
  return Object.freeze({ directory: resolve(root, directory), notFound, dotfiles })
}
