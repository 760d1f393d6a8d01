import { writeFile } from 'node:fs/promises'

export const handler = async ({ body }) => {
  const { payload: { data } } = JSON.parse(body)
  const submission = { form: data['form-name'], name: data.name, message: data.message }
  await writeFile(process.env.SUBMISSIONS_FILE, JSON.stringify(submission))
  return { statusCode: 200 }
}
