import { join } from 'node:path'
import t from 'tap'

/** Tests of what functions see and give, which hold in threads just as well. */
const FILES = [
  'http/event-stream', 'http/request', 'http/response-headers', 'http/unreadable-error', 'invoke/environment', 'invoke/platform-headers',
  'invoke/request-id', 'invoke/return-value', 'invoke/stream-context', 'server/lambda'
]

t.setTimeout(300_000)

for (const file of FILES) {
  t.spawn(process.execPath, [join(import.meta.dirname, '..', `${file}.test.ts`)], { env: { ...process.env, TEST_ISOLATION: 'thread' } }, `${file}, in threads`)
}
