import { readFile } from 'node:fs/promises'

export default async () => new Response(await readFile(Netlify.env.get('SUBMISSIONS_FILE')))
