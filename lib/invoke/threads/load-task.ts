import type { FastifyBaseLogger } from 'fastify'
import type { Loadable } from '../../build/load.ts'
import type { ReadyFunction } from '../../functions/definition.ts'
import type { Payload, ToThread } from './messages.ts'
import { unpackError } from './portable-error.ts'
import type { RegisteredSite } from './site-registry.ts'
import { MAX_LOSSES, type Task, type TaskMessage } from './task.ts'

/** A function that is loaded, to learn what it is. */
export class LoadTask implements Task {
  readonly type = 'load'
  readonly requestId = undefined
  readonly isExpired = false
  readonly canRunTwice = false
  readonly site: RegisteredSite
  readonly loadable: Loadable
  readonly bundle: string
  readonly log: FastifyBaseLogger
  readonly definition: Promise<ReadyFunction | undefined>
  losses = 0
  readonly #answer = Promise.withResolvers<ReadyFunction | undefined>()

  constructor (site: RegisteredSite, loadable: Loadable, bundle: string, log: FastifyBaseLogger) {
    this.site = site
    this.loadable = loadable
    this.bundle = bundle
    this.log = log
    this.definition = this.#answer.promise
  }

  get functionName (): string { return this.loadable.source.name }
  get canRunAgain (): boolean { return this.losses < MAX_LOSSES }

  begin (call: number, post: (message: ToThread) => void): void {
    post({ type: 'load', call, site: this.site.number, bundle: this.bundle })
  }

  withdraw (): void {}

  receive (message: TaskMessage, payload: Payload): void {
    if (message.type === 'loaded') this.#answer.resolve(payload as ReadyFunction | null ?? undefined)
    else if (message.type === 'failed') this.fail(unpackError(message.error))
  }

  fail (error: Error): void {
    this.#answer.reject(error)
  }
}
