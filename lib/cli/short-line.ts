type Line = Readonly<Record<string, unknown>>

/** What a line has that says nothing to somebody who looks on. */
const OF_THE_SERVER = ['pid', 'hostname', 'reqId', 'requestId', 'jobId', 'attempt', 'deployId', 'isolation', 'trigger', 'outcome', 'status', 'duration', 'bytesIn', 'bytesOut', 'method', 'path', 'function']
/** All that is said of a text that a function has printed. */
const OF_OUTPUT = new Set(['level', 'time', 'pid', 'hostname', 'reqId', 'requestId', 'jobId', 'attempt', 'function', 'msg'])

/** Makes a line of the log short: of an invocation what came of it, of what a function prints whose it is. */
export function shortLine (line: Line): Line {
  const { function: name, msg } = line
  if (typeof name !== 'string') return line
  if (line.trigger !== undefined && typeof line.duration === 'number') return { ...others(line), msg: invocation(line, name, line.duration) }
  if (Object.keys(line).every((key) => OF_OUTPUT.has(key))) return { level: line.level, time: line.time, msg: `${name}: ${String(msg)}` }
  return line
}

function invocation ({ trigger, outcome, status, method, path, attempt }: Line, name: string, duration: number): string {
  const time = `${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms`
  if (trigger !== 'http') return `${name}: ${[trigger, attempt === undefined ? '' : `attempt ${String(attempt)}`, outcome].filter(Boolean).join(', ')} in ${time}`
  const ending = outcome === 'succeeded' ? status : `${String(status ?? '')} ${String(outcome)}`.trim()
  return `${String(method)} ${String(path)} → ${name}: ${String(ending)} in ${time}`
}

function others (line: Line): Line {
  return Object.fromEntries(Object.entries(line).filter(([key]) => !OF_THE_SERVER.includes(key)))
}
