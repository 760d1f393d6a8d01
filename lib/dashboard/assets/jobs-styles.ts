/** Jobs, schedules and builds; on a phone, each row is a card. */
export const jobsStyles: string = `h1 code { font-size: .75em; }
.stacked tbody th { white-space: nowrap; }
.stacked form.action { margin: 0 4px 4px 0; }
.stacked td:has(form.action) { white-space: nowrap; }
time.local { display: block; color: var(--quiet); font-size: 13px; }
.frame span { display: block; width: max-content; }
@media (max-width: 640px) {
  .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.stacked, .stacked tbody, .stacked tr, .stacked td, .stacked th { display: block; }
  .stacked caption { display: block; }
  .stacked tr { padding: 10px 0; border-top: 1px solid var(--line); }
  .stacked thead tr { padding: 0; border: 0; }
  table.stacked.stacked.stacked :is(th, td) { border: 0; padding: 2px 14px; text-align: left !important; white-space: normal; }
  .stacked td[data-label] { display: grid; grid-template-columns: 96px minmax(0, 1fr); justify-items: start; overflow-wrap: anywhere; }
  .stacked td[data-label]::before { content: attr(data-label); color: var(--quiet); font-size: 13px; }
  .stacked td[data-label]:empty { display: none; }
  .stacked td pre { max-width: 100%; }
}
`
