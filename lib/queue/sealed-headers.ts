import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { FST_NETLIFY_JOB_NOT_RUN } from '../errors.ts'
import type { Job, NewJob } from './driver.ts'

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
const HEX_KEY = /^[0-9a-f]{64}$/i
/** 32 bytes in base64 or base64url, with or without padding. */
const BASE64_KEY = /^[A-Za-z0-9+/_-]{43}=?$/

type Headers = Job['request']['headers']
/** The position is that among all headers, so that they come back in the order in which they were sent. */
type SecretHeader = [position: number, name: string, value: string]

/** Keeps secret headers of stored calls from those who can read the store. */
export interface HeaderSeal {
  /** Whether secret headers are encrypted; without a key they are stored as they are. */
  readonly encrypts: boolean
  seal (job: NewJob): NewJob
  /** The headers as they were sent. @throws FST_NETLIFY_JOB_NOT_RUN when no key opens them */
  open (job: Job): Headers
  /** The job without secret headers, to be shown. */
  conceal (job: Job): Job
}

/** @param keys as `readSealKeys` gives them: the first one seals, all of them open */
export function createHeaderSeal (names: readonly string[], keys: readonly KeyObject[]): HeaderSeal {
  const secrets = new Set(names)
  const [sealKey] = keys

  return {
    encrypts: sealKey !== undefined,

    seal (job) {
      if (sealKey === undefined) return job
      const found = Object.entries(job.request.headers).flatMap(([name, value], position): SecretHeader[] => secrets.has(name) ? [[position, name, value]] : [])
      if (found.length === 0) return job
      return { ...job, request: { ...job.request, headers: withoutSecrets(job.request.headers) }, sealedHeaders: encrypt(JSON.stringify(found), job.id, sealKey) }
    },

    open ({ id, request: { headers }, sealedHeaders }) {
      if (sealedHeaders === undefined) return headers
      for (const key of keys) {
        const text = decrypt(sealedHeaders, id, key)
        if (text !== undefined) return merge(headers, JSON.parse(text) as SecretHeader[])
      }
      throw new FST_NETLIFY_JOB_NOT_RUN(id, keys.length === 0
        ? 'its headers are encrypted, and neither NETLIFY_QUEUE_KEY nor the option "background.encryptionKey" is set'
        : 'its headers are encrypted, and none of the keys that are set opens them')
    },

    conceal (job) {
      return { ...job, request: { ...job.request, headers: withoutSecrets(job.request.headers) }, sealedHeaders: undefined }
    }
  }

  function withoutSecrets (headers: Headers): Headers {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !secrets.has(name)))
  }
}

/** Reads keys of 32 bytes, in hex or base64, separated by commas; `undefined` when one of them is none. */
export function readSealKeys (text: string): KeyObject[] | undefined {
  const keys = text.split(',').map((part) => readKey(part.trim()))
  return keys.some((key) => key === undefined) ? undefined : keys as KeyObject[]
}

function readKey (text: string): KeyObject | undefined {
  if (HEX_KEY.test(text)) return createSecretKey(text, 'hex')
  return BASE64_KEY.test(text) ? createSecretKey(text, 'base64') : undefined
}

// The id is authenticated too, so that the headers of one job cannot be given to another one.
function encrypt (text: string, id: string, key: KeyObject): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(id))
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), content]).toString('base64')
}

function decrypt (sealed: string, id: string, key: KeyObject): string | undefined {
  const bytes = Buffer.from(sealed, 'base64')
  try {
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES }).setAAD(Buffer.from(id))
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString()
  } catch {
    return undefined
  }
}

function merge (headers: Headers, secrets: readonly SecretHeader[]): Headers {
  const entries = Object.entries(headers)
  for (const [position, name, value] of secrets) entries.splice(position, 0, [name, value])
  return Object.fromEntries(entries)
}
