import t from 'tap'
import { testStreams } from './behaviour-streams.ts'
import { testBehaviour } from './behaviour.ts'

t.test('functions that run in threads of their own', async (t) => {
  await testBehaviour(t, 'thread')
  await testStreams(t, 'thread')
})
