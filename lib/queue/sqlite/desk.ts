import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase, rollBack } from './database.ts'
import { JobStore } from './job-store.ts'
import type { Answer, ClaimQuestion, ClaimRecord, Question, Refusal, ThreadOptions, WorkQuestion } from './messages.ts'
import { concernsOneCall, isBusy, refusalOf } from './refusal.ts'

/** Milliseconds between two looks, while a claim waits, at whether another process has changed the file. */
const LOOK_INTERVAL = 200
/** Milliseconds between two times that jobs are forgotten for their age. */
const FORGET_INTERVAL = 60_000

export interface NumberedQuestion<Of extends Question = Question> {
  readonly number: number
  readonly question: Of
  /** Of a job that is enqueued. */
  readonly body: Uint8Array | null
}

/** Gives answers to those who asked, and the numbers of claims that have begun to wait. */
type Send = (answers: readonly Answer[], waiting: readonly number[]) => void

interface Opened {
  readonly database: DatabaseSync
  readonly store: JobStore
  readonly inode: number | undefined
  version: unknown
  /** When something comes up for a claim that waits. */
  due: number
  forgotAt: number
}

/** Answers the questions of a queue: what comes together shares one transaction, and is answered once that is on the disk. */
export class Desk {
  readonly #options: ThreadOptions
  readonly #send: Send
  readonly #waits = new Map<number, ClaimQuestion>()
  #opened: Opened | undefined = undefined
  #timer: NodeJS.Timeout | undefined = undefined
  /** What to add to the machine's clock. */
  #offset = 0
  #lastTime = 0

  constructor (options: ThreadOptions, send: Send) {
    this.#options = options
    this.#send = send
  }

  setTime (time: number): void {
    this.#offset = time - Date.now()
  }

  serve (questions: readonly NumberedQuestion[]): void {
    const work: Array<NumberedQuestion<WorkQuestion>> = []
    const ended: Answer[] = []
    const claims: number[] = []
    let closing: number | undefined
    for (const { number, question, body } of questions) {
      switch (question.type) {
        case 'claim':
          this.#waits.set(number, question)
          claims.push(number)
          break
        case 'abandon':
          if (this.#waits.delete(question.claim)) ended.push({ number: question.claim, value: [] })
          break
        case 'close':
          closing = number
          break
        default:
          work.push({ number, question, body })
      }
    }
    if (closing !== undefined) ended.push(...this.#endWaits([]))
    const answers = this.#perform(work)
    this.#send([...ended, ...answers], claims.filter((number) => this.#waits.has(number)))
    if (closing !== undefined) this.#close(closing)
    else this.#setTimer()
  }

  #perform (work: ReadonlyArray<NumberedQuestion<WorkQuestion>>): Answer[] {
    if (work.length === 0 && this.#waits.size === 0) return []
    const opened = this.#open()
    if ('kind' in opened) return [...refuse(work, opened), ...this.#endWaits(opened)]
    try {
      return this.#transact(opened, work)
    } catch (error) {
      rollBack(opened.database)
      const isOfOne = concernsOneCall(error)
      if (isOfOne && work.length > 1) return work.flatMap((one) => this.#perform([one]))
      const refusal = refusalOf(error)
      if (!isOfOne && !isBusy(error)) this.#letGo()
      return isOfOne && work.length > 0 ? refuse(work, refusal) : [...refuse(work, refusal), ...this.#endWaits(refusal)]
    }
  }

  #transact (opened: Opened, work: ReadonlyArray<NumberedQuestion<WorkQuestion>>): Answer[] {
    const { store } = opened
    const now = this.#now()
    const isTimeToForget = now - opened.forgotAt >= FORGET_INTERVAL || now < opened.forgotAt
    const wasSetBack = now < this.#lastTime
    if (!isTimeToForget && !wasSetBack && work.every(isReading) && !this.#isSomethingDue(store, now)) {
      store.refresh()
      return work.map((one) => this.#answer(store, one))
    }
    store.begin()
    if (wasSetBack || opened.forgotAt === 0) store.hurry()
    if (isTimeToForget) store.forgetOld()
    const answers = work.map((one) => this.#answer(store, one))
    const claims = this.#deliver(store)
    store.forgetExcess()
    store.commit()
    this.#lastTime = now
    if (isTimeToForget) opened.forgotAt = now
    for (const { number } of claims) this.#waits.delete(number)
    return [...answers, ...claims]
  }

  #answer (store: JobStore, { number, question, body }: NumberedQuestion<WorkQuestion>): Answer {
    switch (question.type) {
      case 'enqueue': {
        const storing = store.enqueue(question, body)
        return 'id' in storing ? { number, value: storing.id } : { number, refusal: { kind: 'unavailable', reason: storing.full } }
      }
      case 'extend': return { number, value: store.extend(question.id, question.lease, question.leaseDuration) }
      case 'settle': return { number, value: store.settle(question.id, question.lease, question.settlement) }
      case 'change': return { number, value: question.change === 'cancel' ? store.cancel(question.id) : store.retry(question.id) }
      case 'list': return { number, value: store.list(question.filter) }
      case 'stats': return { number, value: store.stats() }
    }
  }

  /** Gives due jobs to the waits, first come, first served; they leave when the transaction is on the disk. */
  #deliver (store: JobStore): Array<{ number: number, value: ClaimRecord[] }> {
    if (this.#waits.size === 0) return []
    store.recover()
    return [...this.#waits].map(([number, claim]) => ({ number, value: store.take(claim) })).filter(({ value }) => value.length > 0)
  }

  #isSomethingDue (store: JobStore, now: number): boolean {
    return [...this.#waits.values()].some(({ except }) => store.nextDue(except) <= now)
  }

  /** Looks again when the next job is due, and now and then at what others have done. */
  #setTimer (): void {
    clearTimeout(this.#timer)
    const opened = this.#opened
    if (this.#waits.size === 0 || opened === undefined) return
    try {
      opened.version = opened.store.version
      opened.due = Math.min(...[...this.#waits.values()].map(({ except }) => opened.store.nextDue(except)))
    } catch {
      // The look finds the same trouble, and tells those who wait.
      opened.due = 0
    }
    this.#look(opened)
  }

  #look (opened: Opened): void {
    const delay = Math.max(0, Math.min(opened.due - this.#now(), LOOK_INTERVAL))
    this.#timer = setTimeout(() => {
      if (!this.#hasChanged(opened)) return this.#look(opened)
      this.#send(this.#perform([]), [])
      this.#setTimer()
    }, delay)
  }

  #hasChanged (opened: Opened): boolean {
    const now = this.#now()
    if (opened.due <= now || now < this.#lastTime || now - opened.forgotAt >= FORGET_INTERVAL) return true
    try {
      return opened.store.version !== opened.version || inodeOf(this.#options.file) !== opened.inode
    } catch {
      return true
    }
  }

  #open (): Opened | Refusal {
    const { file } = this.#options
    // Whoever moves or deletes the file must not make this process write where nobody looks.
    if (this.#opened !== undefined && inodeOf(file) !== this.#opened.inode) this.#letGo()
    if (this.#opened !== undefined) return this.#opened
    const opening = openDatabase(file)
    if ('refusal' in opening) return opening.refusal
    const { database } = opening
    const store = new JobStore(database, this.#options, () => this.#now())
    this.#opened = { database, store, inode: inodeOf(file), version: undefined, due: 0, forgotAt: 0 }
    return this.#opened
  }

  #endWaits (outcome: [] | Refusal): Answer[] {
    const numbers = [...this.#waits.keys()]
    this.#waits.clear()
    return numbers.map((number) => 'kind' in outcome ? { number, refusal: outcome } : { number, value: outcome })
  }

  #close (number: number): void {
    clearTimeout(this.#timer)
    this.#letGo()
    this.#send([{ number, value: undefined }], [])
  }

  #letGo (): void {
    try {
      this.#opened?.database.close()
    } catch {
      // There is nothing left to lose: what was answered is on the disk.
    }
    this.#opened = undefined
  }

  #now (): number {
    return Date.now() + this.#offset
  }
}

function isReading ({ question: { type } }: NumberedQuestion): boolean {
  return type === 'list' || type === 'stats'
}

function refuse (work: readonly NumberedQuestion[], refusal: Refusal): Answer[] {
  return work.map(({ number }) => ({ number, refusal }))
}

function inodeOf (file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino
}
