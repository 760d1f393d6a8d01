import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { Desk, type NumberedQuestion } from './desk.ts'
import type { Answer, AnswerBatch, QuestionBatch, ThreadOptions } from './messages.ts'

/** Bytes from which on a body is handed over rather than copied. */
const LARGE_BODY = 16 * 1024

const port = parentPort!
// The queue starts this file with its options as the data.
const desk = new Desk(workerData as ThreadOptions, send)

port.on('message', (message: QuestionBatch) => {
  const questions: NumberedQuestion[] = []
  // What came while the last transaction was written shares the next one.
  for (let batch: QuestionBatch | undefined = message; batch !== undefined; batch = receiveMessageOnPort(port)?.message) {
    if (batch.time !== undefined) desk.setTime(batch.time)
    unpack(batch, questions)
  }
  desk.serve(questions)
})

function unpack ({ first, questions, bodies }: QuestionBatch, into: NumberedQuestion[]): void {
  let end = 0
  for (const [index, question] of questions.entries()) {
    const size = question.type === 'enqueue' ? question.bodySize : undefined
    const start = end
    end += size ?? 0
    into.push({ number: first + index, question, body: size === undefined ? null : bodies.subarray(start, end) })
  }
}

function send (answers: readonly Answer[], waiting: readonly number[]): void {
  if (answers.length + waiting.length > 0) port.postMessage({ answers, waiting } satisfies AnswerBatch, answers.flatMap(largeBuffers))
}

function largeBuffers (answer: Answer): ArrayBuffer[] {
  if (!('value' in answer) || !Array.isArray(answer.value)) return []
  return answer.value.flatMap(({ body }) => body !== null && body.length >= LARGE_BODY ? [body.buffer] : [])
}
