import { atMost } from '../goal.ts'
import { table } from '../markdown.ts'
import type { Section } from '../section.ts'
import type { Growth } from './growth.ts'

/** Both kinds of memory may be so many times what they were. */
const MOST = 1.05

/** Reports what a process used before and after. */
export function memorySection (growths: readonly Growth[]): Section {
  const rows = growths.map(({ title, few, many, before, after }) => [
    title,
    count(few),
    count(many),
    `${megabytes(before.heapUsed)} → ${megabytes(after.heapUsed)}`,
    `${megabytes(before.rss)} → ${megabytes(after.rss)}`
  ])
  return {
    title: 'Memory',
    text: table(['after a garbage collection', 'after', 'and after', 'heap, MB', 'whole process, MB'], rows),
    goals: growths.flatMap(({ title, few, many, before, after }) => [
      atMost(`memory: heap after ${count(many)} ${title}`, `after ${count(few)}`, MOST, after.heapUsed / before.heapUsed),
      atMost(`memory: process after ${count(many)} ${title}`, `after ${count(few)}`, MOST, after.rss / before.rss)
    ])
  }
}

function count (value: number): string {
  return value.toLocaleString('en')
}

function megabytes (bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}
