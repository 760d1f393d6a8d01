import { followLog } from './live-log.ts'
import { morph } from './morph.ts'
import { drawPlots } from './plots.ts'

/** Milliseconds after the last key before a filter is applied. */
const TYPING = 250
const UNITS: ReadonlyArray<readonly [milliseconds: number, unit: Intl.RelativeTimeFormatUnit]> = [[86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute'], [1_000, 'second']]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' })

let refreshing: ReturnType<typeof setTimeout> | undefined
let typing: ReturnType<typeof setTimeout> | undefined
let loading: AbortController | undefined
let isPaused = false

const pause = document.querySelector<HTMLButtonElement>('[data-pause]')

document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement
  const question = form.dataset['confirm']
  if (question !== undefined && !confirm(question)) return event.preventDefault()
  if (!('live' in form.dataset)) return
  event.preventDefault()
  applyFilter(form)
})
document.addEventListener('input', (event) => {
  const form = (event.target as HTMLInputElement).form
  if (form === null || !('live' in form.dataset)) return
  clearTimeout(typing)
  typing = setTimeout(applyFilter, TYPING, form)
})
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh() })
if (pause !== null) {
  pause.onclick = () => {
    isPaused = !isPaused
    pause.setAttribute('aria-pressed', String(isPaused))
    schedule()
  }
}
look()
schedule()

/** After the page has changed. */
function look (): void {
  drawPlots()
  followLog()
  for (const time of document.querySelectorAll<HTMLTimeElement>('time[datetime]')) tellTime(time)
  if (pause !== null) pause.hidden = secondsBetweenRefreshes() === undefined
}

function schedule (): void {
  clearTimeout(refreshing)
  const seconds = secondsBetweenRefreshes()
  if (seconds !== undefined && !isPaused) refreshing = setTimeout(refresh, seconds * 1000)
}

async function refresh (): Promise<void> {
  if (!isPaused && !document.hidden && !isBusy()) await load(location.href, false)
  schedule()
}

/** What somebody is about to press or to read should not move away. */
function isBusy (): boolean {
  const { activeElement } = document
  return loading !== undefined || (activeElement?.matches('main select') ?? false) || (getSelection()?.isCollapsed === false)
}

async function applyFilter (form: HTMLFormElement): Promise<void> {
  clearTimeout(typing)
  const url = new URL(form.action)
  for (const [name, value] of new FormData(form)) if (typeof value === 'string' && value !== '') url.searchParams.set(name, value)
  history.replaceState(null, '', url)
  await load(url.href, true)
  schedule()
}

/** Shows the newest state of a page, in place. A failure leaves the page as it is, and the next time may do. */
async function load (url: string, isAsked: boolean): Promise<void> {
  loading?.abort()
  const own = loading = new AbortController()
  try {
    const response = await fetch(url, { signal: own.signal, headers: { accept: 'text/html' } })
    const next = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('main')
    const main = document.querySelector('main')
    // An error has a page of its own, without what is shown here.
    if (!response.headers.get('content-type')?.startsWith('text/html') || next === null || main === null || (!response.ok && !isAsked)) return
    morph(main, next, isAsked)
    look()
  } catch (error) {
    if (!own.signal.aborted) console.info('The page could not be brought up to date:', (error as Error).message)
  } finally {
    if (loading === own) loading = undefined
  }
}

function secondsBetweenRefreshes (): number | undefined {
  const seconds = Number(document.querySelector<HTMLElement>('main')?.dataset['refresh'])
  return seconds > 0 ? seconds : undefined
}

/** The server writes times in UTC; here they are the reader's. */
function tellTime (time: HTMLTimeElement): void {
  const at = Date.parse(time.dateTime)
  if (Number.isNaN(at) || time.closest('[data-live-log]') !== null) return
  if ('local' in time.dataset) {
    time.textContent = new Date(at).toLocaleString()
    return
  }
  if (!('relative' in time.dataset)) {
    time.title = new Date(at).toLocaleString()
    return
  }
  const distance = at - Date.now()
  const [size, unit] = UNITS.find(([size]) => Math.abs(distance) >= size) ?? [1_000, 'second']
  time.textContent = relative.format(Math.trunc(distance / size), unit)
}
