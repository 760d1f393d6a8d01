import type { APIRoute } from 'astro'

export const GET: APIRoute = ({ url, clientAddress, cookies, locals }) => Response.json({
  query: url.searchParams.get('q'),
  address: clientAddress,
  origin: url.origin,
  flavour: cookies.get('flavour')?.value,
  region: typeof locals.netlify.context.server.region
})

export const POST: APIRoute = async ({ request, cookies }) => {
  const form = await request.formData()
  cookies.set('flavour', String(form.get('flavour')))
  cookies.set('size', 'large', { maxAge: 60 })
  return Response.json({ flavour: form.get('flavour') }, { status: 201 })
}

export const DELETE: APIRoute = () => { throw new Error('This fails on purpose') }
