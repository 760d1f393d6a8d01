import t from 'tap'
import { testStreams } from './behaviour-streams.ts'
import { testBehaviour } from './behaviour.ts'

// tap takes errors that nobody listens to for its own.
process.on('uncaughtException', () => {})
process.on('unhandledRejection', () => {})

t.test('functions that run in the thread of the server', async (t) => {
  await testBehaviour(t, 'inline')
  await testStreams(t, 'inline')
})
