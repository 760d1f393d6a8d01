import { compute } from '../../../compute.ts'

export default async ({ url }: Request): Promise<Response> => new Response(String(compute(Number(new URL(url).searchParams.get('rounds')))))
