import { useState } from 'preact/hooks'

export default function Counter ({ start }: { start: number }) {
  const [count, setCount] = useState(start)
  return <button id='counter' onClick={() => setCount(count + 1)}>Count: {count}</button>
}
