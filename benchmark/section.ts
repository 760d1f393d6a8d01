import type { GoalResult } from './goal.ts'

/** A part of the report. */
export interface Section {
  readonly title: string
  /** Markdown. */
  readonly text: string
  readonly goals: readonly GoalResult[]
}
