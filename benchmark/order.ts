/**
 * The order in which servers take their turns in a round: over twice as many rounds as there are servers, each
 * has every place, and comes right after every other one, equally often.
 */
export function orderOfRound (count: number, round: number): number[] {
  // 0, 1, n - 1, 2, n - 2 and so on, moved on by one each round, is a Williams design; of an odd
  // count, it needs the same backwards too.
  const order = Array.from({ length: count }, (_, place) => {
    const step = place % 2 === 0 ? count - place / 2 : (place + 1) / 2
    return (step + round) % count
  })
  return Math.floor(round / count) % 2 === 0 ? order : order.reverse()
}
