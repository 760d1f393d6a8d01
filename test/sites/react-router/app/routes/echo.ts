import type { ActionFunctionArgs, LoaderFunctionArgs } from 'react-router'

export function loader ({ request }: LoaderFunctionArgs) {
  return Response.json({ query: new URL(request.url).searchParams.get('q'), agent: request.headers.get('user-agent') })
}

export async function action ({ request }: ActionFunctionArgs) {
  return Response.json({ method: request.method, body: await request.text() }, { status: 201 })
}
