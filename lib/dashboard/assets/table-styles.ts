/** Tables, states, facts. */
export const tableStyles: string = `.scroll { position: relative; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table:not(.u-legend) { width: 100%; border-collapse: collapse; font-size: 14px; }
caption { padding: 10px 14px 2px; text-align: left; color: var(--quiet); font-size: 13px; }
table:not(.u-legend) :is(th, td) { padding: 8px 14px; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
table:not(.u-legend) thead th { border-top: 0; color: var(--quiet); font-weight: 500; font-size: 13px; white-space: nowrap; }
thead a { color: inherit; text-decoration: none; }
thead a:hover { text-decoration: underline; }
thead [aria-sort] a { color: var(--accent); font-weight: 600; }
tbody th { font-weight: 550; }
tbody th code.quiet { font-weight: 400; }
tbody th a { overflow-wrap: anywhere; }
.number { text-align: right !important; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wrong { color: var(--bad); }
td .quiet, .quiet { color: var(--quiet); font-size: 13px; }
.functions td.plain { min-width: 140px; }
td code { font-size: 12.5px; }
.invocations th :is(a, code) { overflow-wrap: normal; }
.invocations td:nth-child(6) { min-width: 180px; }
time { white-space: nowrap; }
.state { display: inline-block; padding: 0 9px; border-radius: 99px; font-size: 13px; line-height: 22px; white-space: nowrap; background: var(--back); color: var(--quiet); border: 1px solid var(--line); }
.state-succeeded, .state-ready { background: var(--good-back); color: var(--good); border-color: transparent; }
.state-failed { background: var(--bad-back); color: var(--bad); border-color: transparent; }
.state-running { background: var(--busy-back); color: var(--busy); border-color: transparent; }
.state-paused, .state-waiting { background: var(--wait-back); color: var(--wait); border-color: transparent; }
dl.facts { display: grid; grid-template-columns: minmax(110px, max-content) minmax(0, 1fr); gap: 6px 20px; margin: 0 0 16px; padding: 14px 18px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
dl.facts dt { color: var(--quiet); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
details { margin: 4px 0; }
summary { cursor: pointer; color: var(--accent); }
details ul { margin: 4px 0; padding-left: 18px; }
pre { margin: 6px 0 14px; padding: 12px 14px; max-height: 460px; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
td pre { max-width: 520px; background: var(--back); }
.report { margin: 0 0 18px; padding: 16px 18px; background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--bad); border-radius: 10px; }
.report > :last-child { margin-bottom: 0; }
.message { white-space: pre-wrap; }
pre.frame { padding: 10px 0; white-space: pre; background: var(--back); }
.frame span { display: inline-block; min-width: 100%; padding: 0 14px; }
.frame i { display: inline-block; width: 44px; padding-right: 14px; text-align: right; font-style: normal; color: var(--quiet); user-select: none; }
.frame .marked { background: var(--bad-back); }
.frame .marked i { color: var(--text); }
mark { background: var(--mark); color: inherit; border-radius: 2px; }
@media (max-width: 640px) {
  .functions thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.functions, .functions tbody, .functions tr, .functions td, .functions th { display: block; }
  .functions caption { display: block; }
  .functions tr { display: grid; grid-template-columns: 1fr 1fr 1fr; padding: 10px 0; border-top: 1px solid var(--line); }
  table.functions :is(th, td) { border: 0; padding: 2px 14px; text-align: left !important; }
  .functions th, .functions td.wide { grid-column: 1 / -1; }
  .functions td[data-label]::before { content: attr(data-label); display: block; color: var(--quiet); font-size: 12px; }
  table:not(.functions, .u-legend) :is(th, td) { padding: 8px 10px; }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dl.facts dd { margin-bottom: 8px; }
}
`
