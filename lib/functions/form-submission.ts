/** A file of a form, as event handlers see it. */
export interface FormFile {
  readonly filename: string
  /** Bytes. */
  readonly size: number
  readonly type: string
  /** Where the content is: `fetch(url)` gives it. */
  readonly url: string
}

/** A name that was sent several times has a list. */
export interface FormContent {
  readonly fields: Readonly<Record<string, string | readonly string[]>>
  readonly files: Readonly<Record<string, FormFile | readonly FormFile[]>>
}

export interface SubmissionDetails {
  readonly ip: string
  readonly userAgent: string | undefined
  readonly referrer: string | undefined
  readonly createdAt: Date
  readonly siteUrl: string
}

/** The payload of `submission_created`, as Netlify sends it for a form. */
export function formSubmission ({ fields, files }: FormContent, details: SubmissionDetails): object {
  const { ip, userAgent, referrer, createdAt, siteUrl } = details
  const human = [...Object.entries(fields), ...Object.entries(files).map(([name, file]) => [name, fileNames(file)] as const)]
  return {
    payload: {
      company: field('company', 'business', 'employer'),
      last_name: field('lastname', 'surname', 'byname'),
      first_name: field('firstname', 'givenname', 'forename'),
      name: field('name', 'fullname'),
      email: field('email', 'mail', 'from', 'twitter', 'sender'),
      title: field('title', 'subject'),
      data: { ...fields, ...files, ip, user_agent: userAgent, referrer },
      created_at: createdAt.toISOString(),
      human_fields: Object.fromEntries(human.map(([name, value]) => [capitalize(name), value])),
      ordered_human_fields: human.map(([name, value]) => ({ title: capitalize(name), name, value })),
      site_url: siteUrl
    }
  }

  function field (...names: string[]): string | readonly string[] | undefined {
    return Object.entries(fields).find(([name]) => names.includes(name.toLowerCase()))?.[1]
  }
}

/** Their addresses may hold the files, which need not be sent twice. */
function fileNames (file: FormFile | readonly FormFile[]): string | string[] {
  return 'filename' in file ? file.filename : file.map(({ filename }) => filename)
}

function capitalize (text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
