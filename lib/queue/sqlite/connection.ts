import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { FST_NETLIFY_QUEUE_BROKEN, FST_NETLIFY_QUEUE_UNAVAILABLE } from '../../errors.ts'
import { within } from '../within.ts'
import type { Answer, AnswerBatch, Answers, Question, QuestionBatch, Refusal, ThreadOptions } from './messages.ts'

/** Milliseconds that the thread has, when the queue closes, for what it has accepted. */
const CLOSE_TIMEOUT = 10_000

interface Pending {
  readonly resolve: (value: Answers[keyof Answers]) => void
  readonly reject: (reason: Error) => void
  /** Whether the process lives on until it is answered. */
  holds: boolean
}

/** The thread of a queue, as the main thread sees it: started by the first question, and again by the next one when it has died. */
export class Connection {
  readonly #options: ThreadOptions
  readonly #now: (() => number) | undefined
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined = undefined
  #questions: Question[] = []
  #bodies: Uint8Array[] = []
  #flushing: NodeJS.Immediate | undefined = undefined
  #asked = 0
  #holding = 0
  #closing: Promise<void> | undefined = undefined

  constructor (options: ThreadOptions, now: (() => number) | undefined) {
    this.#options = options
    this.#now = now
  }

  /** Questions of one turn of the event loop travel together. They keep the process alive, a claim only until it waits. */
  ask<Asked extends Question> (question: Asked, body: Uint8Array | null = null): Promise<Answers[Asked['type']]> {
    if (this.#closing !== undefined) return Promise.reject(new FST_NETLIFY_QUEUE_UNAVAILABLE('it is closed'))
    return this.#ask(question, body)
  }

  /** The number of the last question. */
  get asked (): number {
    return this.#asked
  }

  /** Makes a claim answer, with an empty list unless it has just got jobs. */
  abandon (claim: number): void {
    if (this.#closing === undefined && this.#pending.has(claim)) this.#post({ type: 'abandon', claim })
  }

  close (): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  #ask<Asked extends Question> (question: Asked, body: Uint8Array | null): Promise<Answers[Asked['type']]> {
    const number = this.#post(question)
    if (body !== null && body.length > 0) this.#bodies.push(body)
    return new Promise((resolve, reject) => {
      // The thread answers each question with what belongs to its type.
      this.#pending.set(number, { resolve: resolve as Pending['resolve'], reject, holds: true })
      if (++this.#holding === 1) this.#worker?.ref()
    })
  }

  #post (question: Question): number {
    this.#questions.push(question)
    this.#flushing ??= setImmediate(() => this.#flush())
    return ++this.#asked
  }

  #flush (): void {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    const questions = this.#questions
    if (questions.length === 0) return
    const bodies = joinBodies(this.#bodies)
    this.#questions = []
    this.#bodies = []
    const batch: QuestionBatch = { first: this.#asked - questions.length + 1, questions, bodies, time: this.#now?.() }
    try {
      this.#worker ??= this.#start()
      this.#worker.postMessage(batch, [bodies.buffer])
    } catch (error) {
      this.#fail('its thread cannot be reached', error)
    }
  }

  #start (): Worker {
    const file = new URL(`thread${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(file, {
      name: 'queue',
      workerData: this.#options,
      // In Node.js 22 the first use of node:sqlite warns.
      execArgv: ['--disable-warning=ExperimentalWarning']
    })
    const onEnd = (error?: unknown): void => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#fail('its thread has ended', error)
    }
    worker.on('message', ({ answers, waiting }: AnswerBatch) => {
      for (const answer of answers) this.#settle(answer)
      for (const number of waiting) this.#letGo(this.#pending.get(number))
    })
    worker.on('error', onEnd)
    worker.on('exit', () => onEnd())
    return worker
  }

  #settle (answer: Answer): void {
    const pending = this.#pending.get(answer.number)
    if (pending === undefined) return
    this.#pending.delete(answer.number)
    this.#letGo(pending)
    if ('value' in answer) pending.resolve(answer.value)
    else pending.reject(this.#toError(answer.refusal))
  }

  #letGo (pending: Pending | undefined): void {
    if (pending?.holds !== true) return
    pending.holds = false
    if (--this.#holding === 0) this.#worker?.unref()
  }

  #toError (refusal: Refusal): Error {
    if (refusal.kind === 'unavailable') return new FST_NETLIFY_QUEUE_UNAVAILABLE(refusal.reason)
    return new FST_NETLIFY_QUEUE_BROKEN(this.#options.file, refusal.reason, refusal.remedy)
  }

  #fail (reason: string, cause: unknown): void {
    this.#questions = []
    this.#bodies = []
    for (const { reject } of this.#pending.values()) reject(new FST_NETLIFY_QUEUE_UNAVAILABLE(reason, { cause }))
    this.#pending.clear()
    this.#holding = 0
  }

  async #end (): Promise<void> {
    if (this.#pending.size === 0 && this.#worker === undefined) return
    const closed = this.#ask({ type: 'close' }, null)
    this.#flush()
    await within(CLOSE_TIMEOUT, closed)
    await this.#worker?.terminate()
  }
}

function joinBodies (bodies: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(bodies.reduce((total, { length }) => total + length, 0))
  let end = 0
  for (const body of bodies) {
    joined.set(body, end)
    end += body.length
  }
  return joined
}
