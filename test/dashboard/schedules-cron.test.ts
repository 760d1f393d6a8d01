import t from 'tap'
import { describeCron } from '../../lib/dashboard/schedules-cron.ts'
import { isCron } from '../../lib/functions/cron.ts'

t.test('common expressions are said in words', async (t) => {
  for (const [cron, text] of Object.entries({
    '* * * * *': 'Every minute',
    '*/1 * * * *': 'Every minute',
    '*/5 * * * *': 'Every 5 minutes',
    '0 * * * *': 'Every hour',
    '@hourly': 'Every hour',
    '07 * * * *': 'Every hour at minute 7',
    '0 */6 * * *': 'Every 6 hours',
    '15 */1 * * *': 'Every hour at minute 15',
    '@daily': 'Every day at 00:00 UTC',
    ' 5  6 * * * ': 'Every day at 06:05 UTC',
    '@weekly': 'Every Sunday at 00:00 UTC',
    '30 6 * * 7': 'Every Sunday at 06:30 UTC',
    '30 6 * * mon': 'Every Monday at 06:30 UTC',
    '30 6 * * 1-5': 'Every day from Monday to Friday at 06:30 UTC',
    '30 6 * * 1,3,SAT': 'Every Monday, Wednesday and Saturday at 06:30 UTC',
    '@monthly': 'On day 1 of every month at 00:00 UTC',
    '@yearly': 'Every year on 1 January at 00:00 UTC',
    '0 12 24 DEC *': 'Every year on 24 December at 12:00 UTC'
  })) {
    t.ok(isCron(cron), cron)
    t.equal(describeCron(cron), text, cron)
  }
})

t.test('others are not, rather than said wrongly', async (t) => {
  for (const cron of ['*/7 * * * *', '5/15 * * * *', '0 */5 * * *', '* */2 * * *', '0,30 * * * *', '0 9-17 * * *', '0 0 1 * 1', '0 0 * 6 *', '0 0 L * *', '0 0 * * 1#2', '* * 1 * *', '0 0 1-7 * *']) {
    t.ok(isCron(cron), cron)
    t.equal(describeCron(cron), undefined, cron)
  }
})
