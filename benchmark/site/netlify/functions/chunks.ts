import { repeatedChunk } from '../../shared/repeated-chunk.ts'

const chunk = new Uint8Array(100).fill(97)

export default async (): Promise<Response> => new Response(repeatedChunk(chunk, 1000), { headers: { 'content-type': 'text/plain' } })
