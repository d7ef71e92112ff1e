// First of all imports: for `run` this replaces the process, before anything else is loaded.

import { makeHost } from '../make-host.ts'
import { checkOwnFiles } from '../own-files.ts'
import { CARRIED } from './carried.ts'
import { main } from './main.ts'

const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

// `cleanbill run … | head`: that our reader is gone must not end the command. Each write is told by its own callback.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await main({
  argv: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
  env: CARRIED.env,
  monotonic: () => performance.now(),
  interactive: process.stdin.isTTY === true,
  checkFiles: () => checkOwnFiles(import.meta.url),
  makeHost: (log) => makeHost(CARRIED, log),
  onSignal: (listener) => {
    const handlers = FORWARDED.map((signal) => ({ signal, handler: () => listener(signal) }))
    for (const { signal, handler } of handlers) process.on(signal, handler)
    return () => {
      for (const { signal, handler } of handlers) process.off(signal, handler)
    }
  },
})
// A keep-alive connection or a command's daemon must not hold us: everything has been written by now.
process.stdout.write('', () => process.exit())
