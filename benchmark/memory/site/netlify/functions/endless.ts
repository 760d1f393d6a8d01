const chunk = new Uint8Array(16 * 1024)

export default async (): Promise<Response> => new Response(new ReadableStream({
  pull (controller) {
    controller.enqueue(chunk)
  }
}))
