import t from 'tap'
import { compileGlob } from '../../lib/site/glob.ts'

const globs: Array<[glob: string, matching: string[], others: string[]]> = [
  ['send-mail', ['send-mail'], ['send-mails', 'resend-mail', 'Send-Mail']],
  ['*', ['a', 'send-mail', '_x'], []],
  ['**', ['send-mail'], []],
  ['send-*', ['send-mail', 'send-'], ['resend-mail', 'send']],
  ['*-mail', ['send-mail'], ['send-mails']],
  ['a*b*c', ['abc', 'a1b2c'], ['acb', 'ab']],
  ['mail?', ['mail1'], ['mail', 'mail10']],
  ['mail[1-3]', ['mail1', 'mail3'], ['mail4', 'mail']],
  ['mail[!1-3]', ['mail4'], ['mail1']],
  ['mail[^1-3]', ['mail4'], ['mail1']],
  ['{send,get}-mail', ['send-mail', 'get-mail'], ['mail', 'put-mail']],
  ['{a,b{1,2}}x', ['ax', 'b1x', 'b2x'], ['bx', 'a1x']],
  ['{a,}x', ['ax', 'x'], ['bx']],
  ['{a}', ['{a}'], ['a']],
  ['a.b', ['a.b'], ['axb']],
  ['a+', ['a+'], ['aa']],
  ['(a|b)', ['(a|b)'], ['a', 'b']],
  ['[\\w]', ['w', '\\'], ['a']],
  ['[z-a]', [], ['z', 'a']],
  ['[', ['['], ['a']],
  ['', [], ['a']]
]

for (const [glob, matching, others] of globs) {
  t.test(`the glob ${JSON.stringify(glob)}`, async (t) => {
    const matches = compileGlob(glob)
    t.strictSame(matching.filter((name) => !matches(name)), [], 'matches these')
    t.strictSame(others.filter(matches), [], 'and not these')
  })
}
