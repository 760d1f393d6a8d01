/** What both runtimes are told about the site they run, and about the client. */
export const site = { id: '4a7c0f3e-site', name: 'bakery', url: 'https://bakery.example' } as const
export const deploy = { branch: 'main', context: 'production', id: '65f1c0ffee', published: true } as const
export const account = { id: 'acc-1' } as const
export const env = { GREETING: 'hello', EMPTY: '', UNICODE: 'grüezi' } as const
export const region = 'eu-central-1'
export const geo = {
  city: 'Zürich',
  country: { code: 'CH', name: 'Switzerland' },
  subdivision: { code: 'ZH', name: 'Zurich' },
  timezone: 'Europe/Zurich',
  latitude: 47.37,
  longitude: 8.54,
  postalCode: '8001'
} as const
