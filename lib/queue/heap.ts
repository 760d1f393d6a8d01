/** What a heap orders: the smallest `due` first, then the smallest `sequence`. */
export interface HeapItem {
  readonly due: number
  readonly sequence: number
  /** Kept by the heap the item is in, so that it can leave from the middle. */
  position: number
}

/** A binary heap whose items can be taken out anywhere; `add` and `delete` cost O(log n). */
export class Heap<Item extends HeapItem> {
  readonly #items: Item[] = []

  get first (): Item | undefined {
    return this.#items[0]
  }

  /** Takes in an item that is not in yet; its `due` may not change while it is in. */
  add (item: Item): void {
    this.#raise(item, this.#items.length)
  }

  /** Takes out an item that is in. */
  delete (item: Item): void {
    const last = this.#items.pop()
    if (last === undefined || last === item) return
    this.#raise(last, item.position)
    this.#sink(last, last.position)
  }

  #raise (item: Item, from: number): void {
    let position = from
    while (position > 0) {
      const above = (position - 1) >> 1
      const parent = this.#items[above]
      if (parent === undefined || !comesBefore(item, parent)) break
      this.#put(parent, position)
      position = above
    }
    this.#put(item, position)
  }

  #sink (item: Item, from: number): void {
    let position = from
    for (;;) {
      const child = this.#firstChild(position)
      if (child === undefined || !comesBefore(child, item)) break
      const below = child.position
      this.#put(child, position)
      position = below
    }
    this.#put(item, position)
  }

  #firstChild (position: number): Item | undefined {
    const left = this.#items[2 * position + 1]
    const right = this.#items[2 * position + 2]
    return left !== undefined && right !== undefined && comesBefore(right, left) ? right : left
  }

  #put (item: Item, position: number): void {
    this.#items[position] = item
    item.position = position
  }
}

function comesBefore (one: HeapItem, other: HeapItem): boolean {
  return one.due < other.due || (one.due === other.due && one.sequence < other.sequence)
}
