import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** Where the command writes to. */
export interface Terminal {
  /** Whether somebody reads the output, and no program. */
  readonly isInteractive: boolean
  /** Characters of a line; `Infinity` where nobody counts. */
  readonly width: number
  /** Styles a text for the standard output, if it shows colours. */
  readonly paint: (style: Style, text: string) => string
  /** The same for the standard error output. */
  readonly paintError: (style: Style, text: string) => string
}

type Stream = NodeJS.WriteStream

/** Looks at the process's output; colours are wanted from the start, before options are parsed. */
export function terminalOf (argv: readonly string[]): Terminal {
  const { stdout, stderr } = process
  const wanted = !argv.includes('--no-color')
  return {
    isInteractive: stdout.isTTY,
    get width () {
      return stdout.isTTY ? stdout.columns || 80 : Infinity
    },
    paint: painter(wanted && hasColor(stdout)),
    paintError: painter(wanted && hasColor(stderr))
  }
}

/** A reader that has gone, as that of `| head`, ends the command, and is no error. A server closes first. */
export function quietly (): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code !== 'EPIPE' || process.listenerCount('SIGTERM') === 0) process.exit(code === 'EPIPE' ? 0 : 1)
      else process.emit('SIGTERM', 'SIGTERM')
    })
  }
}

/** Waits until the reader of a pipe has everything. */
export async function flush (): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise((resolve) => stream.write('', resolve))
  }
}

function hasColor (stream: Stream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0'
  return stream.isTTY && TERM !== 'dumb'
}

function painter (hasColor: boolean): Terminal['paint'] {
  return (style, text) => hasColor ? styleText(style, text, { validateStream: false }) : text
}
