import Fastify, { type FastifyRequest } from 'fastify'
import { requirePackage } from '../build/optional-package.ts'
import { FST_NETLIFY_INVALID_FORM } from '../errors.ts'
import type { FormContent, FormFile } from '../functions/form-submission.ts'

/** Reads the body of a form. @throws FST_NETLIFY_INVALID_FORM */
export type FormReader = (contentType: string, body: Buffer) => Promise<FormContent>

const URL_ENCODED = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data'
const PACKAGE = '@fastify/multipart'
/** Fields and files of a form; millions of empty ones would fit into its bytes, and hold up everybody. */
const MAX_PARTS = 1_000
/** Anything else could end the type of a `data:` URL, and begin its content. */
const PLAIN_TYPE = /^[\w.+-]+\/[\w.+-]+$/

/** Tells whether a request's body is that of a form. */
export function isFormType (contentType: string | undefined): boolean {
  const type = mediaType(contentType)
  return type === URL_ENCODED || type === MULTIPART
}

/** @throws FST_NETLIFY_MISSING_PACKAGE */
export async function createFormReader (): Promise<FormReader> {
  const readMultipart = await createMultipartReader()
  return async (contentType, body) => {
    if (mediaType(contentType) === MULTIPART) return await readMultipart(contentType, body)
    return { fields: collect(readFields(body.toString())), files: {} }
  }
}

function readFields (text: string): Array<[string, string]> {
  if (text.split('&', MAX_PARTS + 1).length > MAX_PARTS) throw new FST_NETLIFY_INVALID_FORM(`it has more than ${MAX_PARTS} fields`)
  return [...new URLSearchParams(text)]
}

/**
 * In an app of its own, which does not listen: an app can register @fastify/multipart only once, and the
 * host may have done so, with options of its own.
 */
async function createMultipartReader (): Promise<FormReader> {
  requirePackage('forms', PACKAGE)
  const { default: multipart } = await import('@fastify/multipart')
  const app = Fastify()
  // The size of the body is limited as a whole.
  await app.register(multipart, { limits: { parts: MAX_PARTS, fieldNameSize: Infinity, fieldSize: Infinity, fileSize: Infinity } })
  app.post('/', readParts)
  return async (contentType, body) => {
    const response = await app.inject({ method: 'POST', url: '/', headers: { 'content-type': contentType }, payload: body })
    if (response.statusCode !== 200) throw new FST_NETLIFY_INVALID_FORM(response.json<Error>().message)
    return response.json<FormContent>()
  }
}

async function readParts (request: FastifyRequest): Promise<FormContent> {
  const fields: Array<[string, string]> = []
  const files: Array<[string, FormFile]> = []
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      // A field that says it is JSON comes parsed; on Netlify every field is text.
      fields.push([part.fieldname, typeof part.value === 'string' ? part.value : JSON.stringify(part.value)])
      continue
    }
    const content = await part.toBuffer()
    const { fieldname, filename = '', mimetype: type } = part
    // What a browser sends where nobody has chosen a file.
    if (filename === '' && content.length === 0) continue
    files.push([fieldname, { filename, size: content.length, type, url: `data:${PLAIN_TYPE.test(type) ? type : ''};base64,${content.toString('base64')}` }])
  }
  return { fields: collect(fields), files: collect(files) }
}

function collect<Value> (entries: ReadonlyArray<readonly [name: string, value: Value]>): Record<string, Value | Value[]> {
  const groups = Map.groupBy(entries, ([name]) => name)
  return Object.fromEntries(Array.from(groups, ([name, group]) => [name, group.length === 1 ? group[0]![1] : group.map(([, value]) => value)]))
}

function mediaType (contentType = ''): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase()
}
