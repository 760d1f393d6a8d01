import { CommanderError } from 'commander'
import { exitCodeOf, explain } from './failure.ts'
import { createProgram } from './program.ts'
import { flush, quietly, type Terminal, terminalOf } from './terminal.ts'

/** Runs the command and ends the process with its exit code. */
export async function main (argv: readonly string[]): Promise<void> {
  quietly()
  const terminal = terminalOf(argv)
  const code = await run(argv, terminal)
  if (code === undefined) return
  // A module of the site may have left timers behind, which would keep the process alive.
  await flush()
  process.exit(code)
}

/** Gives `undefined` where the command goes on, as a server does. */
async function run (argv: readonly string[], terminal: Terminal): Promise<number | undefined> {
  const { program, exitCode } = createProgram(terminal)
  try {
    await program.parseAsync(argv)
    return exitCode()
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const isVerbose = argv.includes('--verbose')
    process.stderr.write(`${terminal.paintError('red', 'error')} ${explain(error, isVerbose)}\n`)
    return exitCodeOf(error)
  }
}
