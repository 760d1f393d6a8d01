/** Clients that ask again and again, each as soon as it has its answer. */
export interface Load {
  /** How often each answer came: a status, or the code of what broke the connection. */
  readonly answers: ReadonlyMap<number | string, number>
  /** Waits for so many further answers. */
  more (count: number): Promise<void>
  stop (): Promise<void>
}

/** @param send gives a status, or rejects */
export function startLoad (clients: number, send: (client: number) => Promise<number | undefined>): Load {
  const answers = new Map<number | string, number>()
  const waiting = new Set<{ left: number, resolve: () => void }>()
  const over = new AbortController()
  const loops = Array.from({ length: clients }, async (_, client) => {
    while (!over.signal.aborted) {
      const answer = await send(client).then((status) => status ?? 'none', ({ code, message }: NodeJS.ErrnoException) => code ?? message)
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
      for (const waiter of waiting) if (--waiter.left <= 0 && waiting.delete(waiter)) waiter.resolve()
    }
  })
  return {
    answers,
    more: async (count) => await new Promise((resolve) => { waiting.add({ left: count, resolve }) }),
    async stop () {
      over.abort()
      await Promise.all(loops)
    }
  }
}
