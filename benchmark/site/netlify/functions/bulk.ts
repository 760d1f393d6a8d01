import { repeatedChunk } from '../../shared/repeated-chunk.ts'

const chunk = new Uint8Array(64 * 1024).fill(97)

export default async (): Promise<Response> => new Response(repeatedChunk(chunk, 16), { headers: { 'content-type': 'text/plain' } })
