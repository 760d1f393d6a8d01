import type uPlot from 'uplot'

interface PlotData {
  /** Seconds before now. */
  readonly ago: number[]
  readonly lines: ReadonlyArray<{ readonly label: string, readonly unit: string, readonly values: Array<number | null> }>
}

interface Drawn {
  readonly plot: uPlot
  readonly width: number
  readonly dark: boolean
  data: string
}

const HEIGHT = 190
const drawn = new WeakMap<HTMLElement, Drawn>()
const darkness = matchMedia('(prefers-color-scheme: dark)')

/** Puts plots with axes in the place of those that the server has drawn, and keeps them up to date. */
export function drawPlots (): void {
  for (const figure of document.querySelectorAll<HTMLElement>('[data-plot]')) draw(figure)
}

new ResizeObserver(drawPlots).observe(document.documentElement)
darkness.addEventListener('change', drawPlots)

function draw (figure: HTMLElement): void {
  const canvas = figure.querySelector<HTMLElement>('.canvas')
  const Plot = (globalThis as { uPlot?: typeof uPlot }).uPlot
  if (canvas === null || Plot === undefined) return
  const text = figure.dataset['plot'] ?? ''
  const before = drawn.get(canvas)
  canvas.hidden = false
  const width = canvas.clientWidth
  if (before?.width === width && before.dark === darkness.matches) {
    if (before.data !== text) before.plot.setData(toColumns(JSON.parse(text) as PlotData))
    before.data = text
    return
  }
  before?.plot.destroy()
  const data = JSON.parse(text) as PlotData
  // An attribute, as the element of a drawing has no property of this name.
  figure.querySelector(':scope > svg')?.setAttribute('hidden', '')
  drawn.set(canvas, { plot: new Plot(optionsOf(data, figure, width), toColumns(data), canvas), width, dark: darkness.matches, data: text })
}

function optionsOf ({ lines }: PlotData, figure: HTMLElement, width: number): uPlot.Options {
  const color = (name: string): string => getComputedStyle(figure).getPropertyValue(name).trim()
  const axis: uPlot.Axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { stroke: color('--line'), width: 1 }, font: '12px system-ui, sans-serif' }
  const [first] = lines
  return {
    width,
    height: HEIGHT,
    cursor: { y: false },
    legend: { live: true },
    scales: { x: { time: true }, y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [{ ...axis, space: 80 }, { ...axis, size: 64, values: (_plot, ticks) => ticks.map((tick) => labelOf(tick, first?.unit ?? '')) }],
    series: [{}, ...lines.map(({ label, unit }, index): uPlot.Series => ({
      label,
      stroke: color(`--plot-${index}`),
      width: 2,
      spanGaps: false,
      points: { show: true, size: 4 },
      value: (_plot, value) => value === null ? '–' : labelOf(value, unit)
    }))]
  }
}

function toColumns ({ ago, lines }: PlotData): uPlot.AlignedData {
  const now = Math.floor(Date.now() / 1000)
  return [ago.map((seconds) => now - seconds), ...lines.map(({ values }) => values)]
}

function labelOf (value: number, unit: string): string {
  return unit === 'ms' && value >= 1000 ? `${(value / 1000).toLocaleString('en')} s` : `${value.toLocaleString('en')} ${unit}`
}
