import { jobsStyles } from './jobs-styles.ts'
import { logStyles } from './log-styles.ts'
import { tableStyles } from './table-styles.ts'

const frame = `:root {
  color-scheme: light dark;
  --back: #f6f7f9; --card: #fff; --text: #1b2430; --quiet: #56616f; --line: #dde2e8; --accent: #0f766e; --accent-text: #fff;
  --good: #166534; --good-back: #dcfce7; --bad: #b0201f; --bad-back: #fee4e2; --busy: #1d4ed8; --busy-back: #dbe7ff; --wait: #7a4a00; --wait-back: #fdf0cf;
  --plot-0: #0f766e; --plot-1: #b45309; --plot-2: #b0201f; --mark: #fff1b8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #10151c; --card: #171e27; --text: #e4e9ef; --quiet: #9fabb9; --line: #2b3541; --accent: #4fd1c0; --accent-text: #06231f;
    --good: #86e2a4; --good-back: #12331f; --bad: #ff9b93; --bad-back: #431b1a; --busy: #a3c2ff; --busy-back: #1a2b52; --wait: #f3cd7b; --wait-back: #3b2c0b;
    --plot-0: #4fd1c0; --plot-1: #f2b04e; --plot-2: #ff8a80; --mark: #5c4a08;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
[hidden] { display: none !important; }
a { color: var(--accent); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
code, pre, .log { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 13px; }
code { overflow-wrap: anywhere; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 16px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 32px 0 10px; }
h3 { font-size: 15px; margin: 0 0 8px; overflow-wrap: anywhere; }
h4 { font-size: 14px; margin: 12px 0 4px; font-weight: 500; }
p { margin: 0 0 12px; overflow-wrap: anywhere; }
.skip { position: absolute; left: -999px; top: 0; background: var(--card); padding: 10px 16px; z-index: 2; }
.skip:focus { left: 8px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 24px; padding: 10px 24px; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { font-weight: 650; color: var(--text); text-decoration: none; }
.top ul, .tabs ul, .pages ul { display: flex; flex-wrap: wrap; gap: 4px; margin: 0; padding: 0; list-style: none; }
.top nav a, .tabs a, .pages a { display: inline-block; padding: 5px 11px; border-radius: 7px; color: var(--text); text-decoration: none; }
.top nav a:hover, .tabs a:hover, .pages a:hover { background: var(--back); }
.top [aria-current], .tabs [aria-current] { background: var(--back); color: var(--accent); font-weight: 600; }
.tabs, .pages { margin: 0 0 14px; }
.tabs a, .pages a { border: 1px solid var(--line); background: var(--card); }
.tabs .count { color: var(--quiet); font-weight: 400; font-variant-numeric: tabular-nums; }
.pages { margin-top: 14px; }
.pages li { padding: 5px 0; }
.pages li a { margin: -6px 0; }
.pages [aria-current] { padding: 5px 11px; color: var(--quiet); }
.pause { margin-left: auto; }
main { max-width: 1240px; margin: 0 auto; padding: 24px 24px 64px; }
.notice { max-width: 1192px; margin: 16px auto 0; padding: 10px 14px; border-radius: 8px; background: var(--good-back); color: var(--good); }
.notice-error { background: var(--bad-back); color: var(--bad); }
button { font: inherit; font-size: 14px; padding: 4px 12px; border: 1px solid var(--line); border-radius: 7px; background: var(--card); color: var(--text); cursor: pointer; }
button:hover { border-color: var(--accent); color: var(--accent); }
button[aria-pressed=true] { background: var(--accent); border-color: var(--accent); color: var(--accent-text); }
button.danger { color: var(--bad); }
button.danger:hover { border-color: var(--bad); }
input, select { font: inherit; font-size: 14px; padding: 5px 9px; border: 1px solid var(--quiet); border-radius: 7px; background: var(--card); color: var(--text); max-width: 100%; }
form.action { display: inline-block; margin: 0 4px 0 0; }
.filter, .controls { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; margin: 0 0 14px; }
.controls p { margin: 0; color: var(--quiet); }
.controls p.paused { color: var(--wait); background: var(--wait-back); padding: 4px 10px; border-radius: 7px; }
.filter label { color: var(--quiet); }
.empty { color: var(--quiet); background: var(--card); border: 1px dashed var(--line); border-radius: 10px; padding: 18px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(135px, 1fr)); gap: 12px; margin: 0 0 20px; }
.cards div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.cards dt { color: var(--quiet); font-size: 13px; }
.cards dd { margin: 0; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.cards dd.wrong { color: var(--bad); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
.plot { margin: 0; min-width: 0; padding: 14px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.plot figcaption { margin-bottom: 8px; font-weight: 600; }
.plot > svg { display: block; width: 100%; height: 150px; }
.plot svg polyline, .sparkline polyline { fill: none; stroke: var(--plot-0); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.plot svg .line-1 { stroke: var(--plot-1); }
.plot svg .line-2 { stroke: var(--plot-2); }
.legend { font-weight: 400; color: var(--quiet); }
.legend .line-0::before, .legend .line-1::before, .legend .line-2::before { content: ''; display: inline-block; width: 10px; height: 3px; margin: 0 5px 3px 10px; background: var(--plot-0); }
.legend .line-1::before { background: var(--plot-1); }
.legend .line-2::before { background: var(--plot-2); }
.plot:has(.canvas:not([hidden])) .legend { display: none; }
.plot .u-legend { font-size: 13px; color: var(--quiet); text-align: left; }
.canvas { overflow: hidden; }
.sparkline { display: block; }
.sparkline polygon { fill: var(--plot-0); opacity: .14; }
.u-select { background: color-mix(in srgb, var(--accent) 15%, transparent); }
@media (max-width: 640px) {
  main { padding: 16px 14px 48px; }
  .top { padding: 8px 14px; }
  .top nav a { padding: 5px 9px; }
  .notice { margin: 12px 14px 0; }
}
@media (prefers-reduced-motion: no-preference) { a, button { transition: background-color .12s, border-color .12s, color .12s; } }
`

/** The stylesheet of every page. */
export const styles: string = frame + tableStyles + logStyles + jobsStyles
