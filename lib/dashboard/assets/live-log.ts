interface Line {
  readonly id: number
  readonly time: number
  readonly level: string
  readonly function: string
  readonly text: string
}

/** Lines in the page; older ones leave it. */
const MOST_LINES = 500
/** Lines that wait while the log is paused. */
const MOST_WAITING = 500

let source: EventSource | undefined
let shown: HTMLElement | undefined
let query: string | undefined

/** Follows the log that the page shows, if it shows one, with the filter that it has. */
export function followLog (): void {
  const list = document.querySelector<HTMLElement>('[data-live-log]') ?? undefined
  const next = list?.dataset['liveLog']
  if (list === shown && next === query) return
  source?.close()
  source = undefined
  shown = list
  query = next
  if (list !== undefined && next !== undefined) follow(list, next)
}

function follow (list: HTMLElement, events: string): void {
  const controls = document.querySelector('[data-log-controls]')
  const pause = controls?.querySelector<HTMLButtonElement>('[data-log-pause]')
  const clear = controls?.querySelector<HTMLButtonElement>('[data-log-clear]')
  const state = controls?.querySelector('[data-log-state]')
  const waiting: Line[] = []
  let isPaused = pause?.getAttribute('aria-pressed') === 'true'
  const stream = source = new EventSource(events)
  stream.onopen = () => tell('live')
  stream.onerror = () => tell(stream.readyState === EventSource.CLOSED ? 'not live: load the page again' : 'connecting again …')
  stream.onmessage = ({ data }: MessageEvent<string>) => {
    const line = JSON.parse(data) as Line
    if (!isPaused) return show([line])
    waiting.push(line)
    if (waiting.length > MOST_WAITING) waiting.shift()
    tell(`paused, ${waiting.length} new`)
  }
  if (pause) {
    pause.hidden = false
    pause.onclick = () => {
      isPaused = !isPaused
      pause.setAttribute('aria-pressed', String(isPaused))
      tell(isPaused ? 'paused' : 'live')
      if (!isPaused) show(waiting.splice(0))
    }
  }
  if (clear) {
    clear.hidden = false
    clear.onclick = () => list.replaceChildren()
  }

  function show (lines: readonly Line[]): void {
    const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 8
    list.append(...lines.map(draw))
    while (list.childElementCount > MOST_LINES) list.firstElementChild?.remove()
    if (isAtEnd) list.scrollTop = list.scrollHeight
  }

  function tell (text: string): void {
    if (state) state.textContent = text
  }
}

function draw ({ time, level, text }: Line): HTMLElement {
  const item = document.createElement('div')
  item.className = `level-${/^[a-z]+$/.test(level) ? level : 'info'}`
  const when = document.createElement('time')
  when.dateTime = new Date(time).toISOString()
  when.textContent = when.dateTime.slice(11, 23)
  const badge = document.createElement('b')
  badge.textContent = level
  const words = document.createElement('span')
  words.textContent = text
  item.append(when, ' ', badge, ' ', words)
  return item
}
