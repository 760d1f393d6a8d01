/** `true` when two types are the same, and not merely assignable to each other. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

/** A compile error unless its argument is `true`. */
export type Expect<Check extends true> = Check
