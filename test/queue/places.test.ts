import t from 'tap'
import { Places } from '../../lib/queue/places.ts'

function fill (places: Places, names: readonly string[]): Places {
  for (const name of names) places.take(name)
  return places
}

t.test('one function alone has all places', async (t) => {
  const places = new Places({ total: 3, perFunction: Infinity, shared: false })
  t.strictSame(places.offer(), { limit: 3, except: [] })
  fill(places, ['a', 'a'])
  t.strictSame(places.offer(), { limit: 1, except: [] })
  places.take('a')
  t.equal(places.offer(), undefined)
  places.leave('a')
  t.strictSame(places.offer(), { limit: 1, except: [] })
  t.equal(places.taken, 2)
})

t.test('of shared places, the last fifth is for functions that have none', async (t) => {
  const places = new Places({ total: 10, perFunction: Infinity, shared: true })
  t.strictSame(places.offer(), { limit: 8, except: [] })
  fill(places, Array(8).fill('flood'))
  t.strictSame(places.offer(), { limit: 1, except: ['flood'] })
  places.take('other')
  t.strictSame(places.offer(), { limit: 1, except: ['flood', 'other'] })
  places.take('third')
  t.equal(places.offer(), undefined)
  places.leave('flood')
  t.strictSame(places.offer(), { limit: 1, except: ['flood', 'other', 'third'] }, 'a backlog takes no place that others may need')
  places.leave('flood')
  places.leave('flood')
  t.strictSame(places.offer(), { limit: 1, except: [] })
  places.leave('other')
  t.strictSame(places.offer(), { limit: 2, except: [] })
})

t.test('at least one place is kept, unless there is only one', async (t) => {
  for (const [total, limit] of [[1, 1], [2, 1], [3, 2], [9, 8], [10, 8], [15, 12]] as const) {
    t.equal(new Places({ total, perFunction: Infinity, shared: true }).offer()?.limit, limit, `of ${total}`)
  }
})

t.test('no claim can give a function more places than it may have', async (t) => {
  const places = new Places({ total: 10, perFunction: 3, shared: false })
  t.strictSame(places.offer(), { limit: 3, except: [] })
  fill(places, ['a', 'a'])
  t.strictSame(places.offer(), { limit: 1, except: [] })
  places.take('a')
  t.strictSame(places.offer(), { limit: 3, except: ['a'] })
  fill(places, ['b', 'b', 'b', 'c', 'c'])
  t.strictSame(places.offer(), { limit: 1, except: ['a', 'b'] })
  places.leave('a')
  t.strictSame(places.offer(), { limit: 1, except: ['b'] })
})
