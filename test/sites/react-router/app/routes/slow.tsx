import { Suspense } from 'react'
import { Await, useLoaderData } from 'react-router'

export function loader () {
  return { late: new Promise<string>((resolve) => setTimeout(resolve, 300, 'The rest is ready')) }
}

export default function Slow () {
  const { late } = useLoaderData<typeof loader>()
  return (
    <main>
      <h1>The start</h1>
      <Suspense fallback={<p>Waiting</p>}><Await resolve={late}>{(text) => <p id='late'>{text}</p>}</Await></Suspense>
    </main>
  )
}
