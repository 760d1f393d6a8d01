import t from 'tap'
import { LoadTask } from '../../lib/invoke/threads/load-task.ts'
import { judge } from '../../lib/invoke/threads/lost-tasks.ts'

t.test('a function is loaded however many others end the thread that they are loaded in with it', (t) => {
  const innocent = createTask('innocent')
  for (let round = 0; round < 10; round++) {
    const guilty = createTask(`guilty-${round}`)
    const departure = { reason: 'exit', how: 'it called process.exit', by: { call: round, functionName: guilty.functionName } } as const
    const verdict = judge([guilty, innocent].map((task) => ({ task, wasBegun: true })), departure, guilty)
    t.equal(verdict.guilty, guilty)
    t.match(verdict.failed, [{ task: guilty }])
    if (verdict.suspects.includes(innocent)) return t.end() // alone from here on
    t.same(verdict.again, [innocent])
  }
  t.fail('it was never loaded alone')
  t.end()
})

function createTask (name: string): LoadTask {
  const task = new LoadTask({} as never, { source: { name, file: `/${name}.mjs` } } as never, `/${name}.mjs`, {} as never)
  task.definition.catch(() => {})
  return task
}
