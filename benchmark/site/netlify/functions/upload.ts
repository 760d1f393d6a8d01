export default async (request: Request): Promise<Response> => new Response(String((await request.arrayBuffer()).byteLength))
