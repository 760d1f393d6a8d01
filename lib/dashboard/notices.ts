import { randomUUID } from 'node:crypto'
import type { Notice } from './page.ts'

/** What came of the last actions, for the pages that they lead to: a link that shows a notice cannot be made by anybody else. */
export interface Notices {
  /** Gives the id to ask with. */
  add (notice: Notice): string
  get (id: string | undefined): Notice | undefined
}

const KEPT = 100

export function createNotices (): Notices {
  const notices = new Map<string, Notice>()
  return {
    add (notice) {
      const id = randomUUID()
      notices.set(id, notice)
      if (notices.size > KEPT) notices.delete(notices.keys().next().value as string)
      return id
    },
    get: (id) => id === undefined ? undefined : notices.get(id)
  }
}
