import { type LoaderFunctionArgs, useLoaderData } from 'react-router'

export function loader ({ params, request }: LoaderFunctionArgs) {
  if (params.id === 'none') throw new Response('No such product', { status: 404 })
  return { id: params.id, size: new URL(request.url).searchParams.get('size') }
}

export default function Product () {
  const { id, size } = useLoaderData<typeof loader>()
  return <h1>Product {id}, size {size}</h1>
}
