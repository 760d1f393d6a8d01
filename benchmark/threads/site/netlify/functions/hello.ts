export default async (): Promise<Response> => new Response('Hello, world!')
