/** A stream that gives the same chunk so many times, each when it is asked for. */
export function repeatedChunk (chunk: Uint8Array, times: number): ReadableStream<Uint8Array> {
  let sent = 0
  return new ReadableStream({
    pull (controller) {
      controller.enqueue(chunk)
      if (++sent === times) controller.close()
    }
  })
}
