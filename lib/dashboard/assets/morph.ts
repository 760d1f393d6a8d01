/** Makes an element like another one, and leaves alone what is alike: focus, selection, what is unfolded, and places scrolled to stay. */
export function morph (from: Element, to: Element, replaceKept: boolean): void {
  // What a script of this page has made of it is better than what the server knows.
  const keep = from.getAttribute('data-keep')
  if (keep === 'always' || (keep !== null && !replaceKept)) return
  if (from.isEqualNode(to)) return
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !isOwnedByReader(from, name)) from.removeAttribute(name)
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !isOwnedByReader(from, name)) from.setAttribute(name, value)
  }
  if (from === document.activeElement && from.matches('input, select, textarea')) return
  morphChildren(from, to, replaceKept)
}

function morphChildren (from: Element, to: Element, replaceKept: boolean): void {
  const byKey = new Map<string, ChildNode>()
  for (const child of from.childNodes) {
    const key = keyOf(child)
    if (key !== undefined) byKey.set(key, child)
  }
  const wanted = new Set([...to.childNodes].map(keyOf))
  for (const [key, child] of byKey) if (!wanted.has(key)) child.remove()

  let place: ChildNode | null = from.firstChild
  for (const next of [...to.childNodes]) {
    const key = keyOf(next)
    const found = key === undefined ? place : byKey.get(key)
    if (found === undefined || found === null || !areAlike(found, next)) {
      from.insertBefore(document.importNode(next, true), place)
      continue
    }
    if (found === place) place = place.nextSibling
    else from.insertBefore(found, place)
    if (found instanceof Element) morph(found, next as Element, replaceKept)
    else if (found.nodeValue !== next.nodeValue) found.nodeValue = next.nodeValue
  }
  while (place !== null) {
    const rest: ChildNode = place
    place = place.nextSibling
    rest.remove()
  }
}

/** Rows are known by their heading, so that a button of one never becomes the button of another. */
function keyOf (node: Node): string | undefined {
  if (!(node instanceof HTMLElement)) return undefined
  if (node.dataset['key'] !== undefined) return `key ${node.dataset['key']}`
  if (node.id !== '') return `id ${node.id}`
  if (node instanceof HTMLTableRowElement) {
    const heading = node.querySelector('th[scope=row] a') ?? node.querySelector('th[scope=row]')
    return heading === null ? undefined : `row ${heading.textContent}`
  }
  return undefined
}

function areAlike (one: Node, other: Node): boolean {
  return one.nodeName === other.nodeName && keyOf(one) === keyOf(other)
}

function isOwnedByReader (element: Element, attribute: string): boolean {
  return (attribute === 'open' && element instanceof HTMLDetailsElement) || attribute === 'hidden'
}
