import { Heap, type HeapItem } from './heap.ts'

interface WaitingJob extends HeapItem {
  readonly job: { readonly function: string }
}

/** The waiting jobs of one function; in the heap of shelves it stands where its first job would. */
interface Shelf<Item extends WaitingJob> extends HeapItem {
  readonly jobs: Heap<Item>
  due: number
  sequence: number
}

/** Waiting jobs by function, so that to leave out a function costs the same however many of its jobs wait. */
export class WaitingJobs<Item extends WaitingJob> {
  readonly #shelves = new Map<string, Shelf<Item>>()
  readonly #order = new Heap<Shelf<Item>>()

  add (item: Item): void {
    const name = item.job.function
    const shelf = this.#shelves.get(name) ?? { jobs: new Heap<Item>(), due: Infinity, sequence: 0, position: 0 }
    if (shelf.jobs.first !== undefined) this.#order.delete(shelf)
    shelf.jobs.add(item)
    this.#shelves.set(name, shelf)
    this.#arrange(shelf)
  }

  delete (item: Item): void {
    const shelf = this.#shelves.get(item.job.function)
    if (shelf === undefined) return
    this.#order.delete(shelf)
    shelf.jobs.delete(item)
    if (shelf.jobs.first === undefined) this.#shelves.delete(item.job.function)
    else this.#arrange(shelf)
  }

  /** The job that is due first among those of functions that are not left out. */
  first (except: readonly string[] = []): Item | undefined {
    // A name may be there twice, but its shelf is taken out once.
    const aside = [...new Set(except)].flatMap((name) => this.#shelves.get(name) ?? [])
    for (const shelf of aside) this.#order.delete(shelf)
    const first = this.#order.first?.jobs.first
    for (const shelf of aside) this.#order.add(shelf)
    return first
  }

  #arrange (shelf: Shelf<Item>): void {
    const { first } = shelf.jobs
    if (first === undefined) return
    shelf.due = first.due
    shelf.sequence = first.sequence
    this.#order.add(shelf)
  }
}
