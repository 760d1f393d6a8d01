import { Currency, format } from './_lib/currency.ts'

export default async (req: Request): Promise<Response> => {
  const { amount } = await req.json() as { amount: number }
  return Response.json({ price: format(amount, Currency.Euro) })
}
