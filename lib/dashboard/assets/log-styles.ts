/** The live log. */
export const logStyles: string = `.log { margin: 0; padding: 8px 0; min-height: 120px; max-height: 460px; overflow: auto; list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.log > * { padding: 2px 14px; white-space: pre-wrap; overflow-wrap: anywhere; }
.log > *:hover { background: var(--back); }
.log time { color: var(--quiet); }
.log b { display: inline-block; min-width: 76px; font-weight: 500; color: var(--quiet); }
.log .level-error b, .log .level-error span { color: var(--bad); }
.log .level-warn b { color: var(--wait); }
.log .level-info b { color: var(--busy); }
.log .level-invocation span { color: var(--quiet); }
[data-log-state] { color: var(--quiet); font-size: 13px; }
@media (max-width: 640px) {
  .log b { min-width: 0; }
  .log > * { padding: 3px 10px; }
}
`
