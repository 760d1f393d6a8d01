import type { APIRoute } from 'astro'

export const GET: APIRoute = () => {
  const encoder = new TextEncoder()
  let count = 0
  return new Response(new ReadableStream({
    async pull (controller) {
      controller.enqueue(encoder.encode(`line ${++count}\n`))
      if (count === 3) return controller.close()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }), { headers: { 'content-type': 'text/plain' } })
}
