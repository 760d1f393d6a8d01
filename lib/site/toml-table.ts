/** A table of a configuration file that knows its place there, for errors that name the key. */
export interface TomlTable {
  readonly values: Readonly<Record<string, unknown>>
  /** An empty one where the key is absent. */
  table (key: string): TomlTable
  /** `undefined` where the key is absent, or empty, which Netlify takes for absent. */
  text (key: string): string | undefined
  texts (key: string): readonly string[] | undefined
  tables (key: string): ReadonlyArray<Readonly<Record<string, unknown>>>
  /** The error for a key; the problem follows its name, as in ` must be a string`. */
  invalid (key: string, problem: string): Error
}

/** Makes the error of a file out of what is wrong in it. */
export type FileFailure = (reason: string) => Error

/** Wraps a parsed table. What is read of it is checked; a wrong type is thrown as the error that `fail` makes. */
export function openTable (values: Readonly<Record<string, unknown>>, fail: FileFailure, place = ''): TomlTable {
  const nameOf = (key: string): string => place === '' ? key : `${place}.${key}`
  const invalid = (key: string, problem: string): Error => fail(`"${nameOf(key)}"${problem}`)

  function read<T> (key: string, accepts: (value: unknown) => value is T, kind: string): T | undefined {
    const value = Object.hasOwn(values, key) ? values[key] : undefined
    if (value === undefined || accepts(value)) return value
    throw invalid(key, ` must be ${kind}`)
  }

  return {
    values,
    table: (key) => openTable(read(key, isTable, 'a table') ?? {}, fail, nameOf(key)),
    text: (key) => read(key, isText, 'a string') || undefined,
    texts: (key) => read(key, isListOf(isText), 'an array of strings'),
    tables: (key) => read(key, isListOf(isTable), 'an array of tables') ?? [],
    invalid
  }
}

/** Tells a table from the other values that a file can hold. */
export function isTable (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function isText (value: unknown): value is string {
  return typeof value === 'string'
}

function isListOf<T> (accepts: (value: unknown) => value is T): (value: unknown) => value is T[] {
  return (value): value is T[] => Array.isArray(value) && value.every(accepts)
}
