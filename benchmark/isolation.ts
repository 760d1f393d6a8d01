/** Where functions run. */
export type Isolation = 'inline' | 'thread'

export const isolations: readonly Isolation[] = ['inline', 'thread']

export const titles: Readonly<Record<Isolation, string>> = { inline: 'inline', thread: 'in threads' }
