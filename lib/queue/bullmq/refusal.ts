/** Password or role, database, schema, rights. */
const POSTGRES_STATES = new Set<unknown>(['28000', '28P01', '3D000', '3F000', '42501'])
const REDIS_MESSAGE = /^(?:NOAUTH|WRONGPASS|NOPERM|NOPERMS|ERR invalid password|ERR AUTH|ERR DB index|ERR invalid DB|Redis version needs)/
/** Of BullMQ. */
const NAMES = new Set(['SchemaVersionMismatchError', 'UnsupportedPostgresVersionError'])

/** Whether a server answers so until somebody changes the server or the options. */
export function isRefusal (error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  return NAMES.has(error.name) || REDIS_MESSAGE.test(error.message) || ('code' in error && POSTGRES_STATES.has(error.code))
}
