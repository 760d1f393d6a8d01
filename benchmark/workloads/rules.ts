import type { Workload } from '../workload.ts'

const servers = ['no-rules', 'thousand-rules']

/** No rule has to do with the file. */
export const fileBesideRules: Workload = {
  title: 'a file, beside 1,000 redirect rules',
  method: 'GET',
  route: '/notes.txt',
  path: '/notes.txt',
  servers,
  goals: []
}

/** Where there are rules, the last of them leads to the file. */
export const lastRule: Workload = {
  title: 'a file, by the last of 1,000 redirect rules',
  method: 'GET',
  route: '/other/notes.txt',
  path: '/other/notes.txt',
  servers,
  goals: [{ of: 'thousand-rules', against: ['no-rules'], opponent: 'the file itself, without rules', microseconds: 10 }]
}
