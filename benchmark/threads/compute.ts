/** Keeps a core busy; the result depends on all of it. */
export function compute (rounds: number): number {
  let value = 1
  for (let round = 1; round <= rounds; round++) value = Math.imul(value ^ round, 0x9e3779b1)
  return value
}
