import { useState } from 'react'
import { Form, Link, createCookie, data, type ActionFunctionArgs, type LoaderFunctionArgs, useActionData, useLoaderData } from 'react-router'

const flavour = createCookie('flavour', { path: '/', httpOnly: true })

export async function loader ({ request }: LoaderFunctionArgs) {
  return { flavour: await flavour.parse(request.headers.get('cookie')) as string | null }
}

export async function action ({ request }: ActionFunctionArgs) {
  const chosen = String((await request.formData()).get('flavour'))
  return data({ chosen }, { headers: { 'set-cookie': await flavour.serialize(chosen) } })
}

export default function Home () {
  const loaded = useLoaderData<typeof loader>()
  const acted = useActionData<typeof action>()
  const [count, setCount] = useState(0)
  return (
    <main>
      <h1>React Router on Fastify</h1>
      <p id='flavour'>Flavour: {loaded.flavour ?? 'none'}</p>
      {acted && <p id='chosen'>Chosen: {acted.chosen}</p>}
      <button id='counter' onClick={() => setCount(count + 1)}>Count: {count}</button>
      <Form method='post'><input name='flavour' aria-label='Flavour' /><button>Choose</button></Form>
      <Link to='/products/7?size=3'>Product 7</Link>
      <Link to='/slow'>Slow</Link>
    </main>
  )
}
