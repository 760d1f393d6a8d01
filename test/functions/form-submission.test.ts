import t from 'tap'
import { formSubmission, type FormContent } from '../../lib/functions/form-submission.ts'

const details = { ip: '203.0.113.7', userAgent: 'Browser', referrer: 'https://bakery.example/contact', createdAt: new Date('2026-01-01T00:00:00Z'), siteUrl: 'https://bakery.example' }

function payloadOf (content: Partial<FormContent>): Record<string, unknown> {
  const { payload } = formSubmission({ fields: {}, files: {}, ...content }, details) as { payload: Record<string, unknown> }
  return payload
}

t.test('a submission has the fields, the files and who sent them', async (t) => {
  const photo = { filename: 'face.png', size: 3, type: 'image/png', url: 'data:image/png;base64,AAAA' }
  t.strictSame(payloadOf({ fields: { name: 'Ada', topping: ['jam', 'butter'] }, files: { photo, more: [photo, photo] } }), {
    company: undefined,
    last_name: undefined,
    first_name: undefined,
    name: 'Ada',
    email: undefined,
    title: undefined,
    data: { name: 'Ada', topping: ['jam', 'butter'], photo, more: [photo, photo], ip: '203.0.113.7', user_agent: 'Browser', referrer: 'https://bakery.example/contact' },
    created_at: '2026-01-01T00:00:00.000Z',
    human_fields: { Name: 'Ada', Topping: ['jam', 'butter'], Photo: 'face.png', More: ['face.png', 'face.png'] },
    ordered_human_fields: [
      { title: 'Name', name: 'name', value: 'Ada' },
      { title: 'Topping', name: 'topping', value: ['jam', 'butter'] },
      { title: 'Photo', name: 'photo', value: 'face.png' },
      { title: 'More', name: 'more', value: ['face.png', 'face.png'] }
    ],
    site_url: 'https://bakery.example'
  })
})

t.test('what is known about people is found under Netlify\'s names for it, in any case', async (t) => {
  const names = {
    company: ['company', 'business', 'Employer'],
    last_name: ['lastname', 'surname', 'byname'],
    first_name: ['firstName', 'givenname', 'forename'],
    name: ['NAME', 'fullname'],
    email: ['email', 'mail', 'from', 'twitter', 'sender'],
    title: ['title', 'Subject']
  }
  for (const [member, fields] of Object.entries(names)) {
    for (const field of fields) t.equal(payloadOf({ fields: { other: 'no', [field]: 'yes' } })[member], 'yes', field)
  }
  t.equal(payloadOf({ fields: { undefined: 'no', toString: 'no' } }).name, undefined)
})

t.test('a field cannot pretend to be the client\'s address', async (t) => {
  t.match(payloadOf({ fields: { ip: '10.0.0.1', user_agent: 'x', referrer: 'x' } }).data, { ip: '203.0.113.7', user_agent: 'Browser', referrer: details.referrer })
})
