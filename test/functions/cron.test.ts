import t from 'tap'
import { isCron, nextRun } from '../../lib/functions/cron.ts'

/** What follows Wednesday, 31 December 2025, at 23:59:30 UTC. */
const after = Date.parse('2025-12-31T23:59:30.500Z')

function next (cron: string, from = after): string {
  return new Date(nextRun(cron, from)).toISOString()
}

t.test('five fields: minute, hour, day of the month, month, day of the week', async (t) => {
  t.equal(next('* * * * *'), '2026-01-01T00:00:00.000Z')
  t.equal(next('*/15 * * * *'), '2026-01-01T00:00:00.000Z')
  t.equal(next('5/15 * * * *'), '2026-01-01T00:05:00.000Z')
  t.equal(next('30 4,16 * * *'), '2026-01-01T04:30:00.000Z')
  t.equal(next('0 9-17 * * MON-FRI'), '2026-01-01T09:00:00.000Z')
  t.equal(next('0 0 * * 7'), '2026-01-04T00:00:00.000Z')
  t.equal(next('0 0 L * *'), '2026-01-31T00:00:00.000Z')
  t.equal(next('0 0 29 FEB *'), '2028-02-29T00:00:00.000Z')
})

t.test('a day of the month and a day of the week: either', async (t) => {
  t.equal(next('0 0 13 * FRI'), '2026-01-02T00:00:00.000Z')
  t.equal(next('0 0 13 * FRI', Date.parse('2026-01-09T12:00:00Z')), '2026-01-13T00:00:00.000Z')
})

t.test('the five aliases', async (t) => {
  t.equal(next('@hourly'), '2026-01-01T00:00:00.000Z')
  t.equal(next('@daily'), '2026-01-01T00:00:00.000Z')
  t.equal(next('@weekly'), '2026-01-04T00:00:00.000Z')
  t.equal(next('@monthly'), '2026-01-01T00:00:00.000Z')
  t.equal(next('@monthly', Date.parse('2026-01-01T00:00:00Z')), '2026-02-01T00:00:00.000Z')
  t.equal(next('@yearly', Date.parse('2026-01-01T00:00:00Z')), '2027-01-01T00:00:00.000Z')
})

t.test('UTC, wherever the server stands', async (t) => {
  const zone = process.env.TZ
  t.teardown(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })
  for (const elsewhere of ['Asia/Kolkata', 'America/New_York']) {
    process.env.TZ = elsewhere
    t.equal(next('0 5 * * *'), '2026-01-01T05:00:00.000Z', elsewhere)
  }
  t.equal(next('30 2 * * *', Date.parse('2026-03-08T00:00:00Z')), '2026-03-08T02:30:00.000Z', 'an hour that summer time takes from New York')
})

t.test('what a cron expression is', async (t) => {
  for (const cron of ['* * * * *', ' 0  0 1 JAN sun ', '@hourly', '@daily', '@weekly', '@monthly', '@yearly']) t.ok(isCron(cron), cron)
})

t.test('and what it is not', async (t) => {
  const texts = [
    '', 'daily', 'at noon on each first Monday', '2026-01-01T00:00:00Z',
    '@annually', '@midnight', '@reboot', '@every 5m',
    '* * * *', '* * * * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '*/0 * * * *', '9-5 * * * *', 'a b c d e'
  ]
  for (const text of texts) t.notOk(isCron(text), text)
  t.notOk(isCron('0 0 30 FEB *'), 'a day that never comes')
})
