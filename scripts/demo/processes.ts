import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Explicit and complete: nothing of the caller's own environment reaches what the demo starts. */
export type Environment = Readonly<Record<string, string>>

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const running = new Set<ChildProcess>()

/**
 * Runs a program to its end. Output is collected; `onLine` sees each line of stdout as it comes.
 *
 * @throws {Error} when it cannot be started or takes longer than `seconds`
 */
export async function run(
  argv: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env: Environment; readonly seconds: number },
  onLine?: (line: string) => void,
): Promise<Finished> {
  const child = start(argv, options)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  if (onLine !== undefined && child.stdout !== null) createInterface({ input: child.stdout }).on('line', onLine)
  const timer = setTimeout(() => child.kill('SIGKILL'), options.seconds * 1000)
  try {
    // `close` and not `exit`: by then everything that was printed has been read.
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (code === null)
      throw new Error(`${argv.join(' ')}: ended by ${signal} (at most ${options.seconds} s)\n${stderr}`)
    return { code, stdout, stderr }
  } finally {
    clearTimeout(timer)
    running.delete(child)
  }
}

/**
 * Starts a server and waits for its first line.
 *
 * @throws {Error} when it ends before it, or says nothing within 30 seconds
 */
export async function startServer(
  argv: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env: Environment },
): Promise<{ readonly firstLine: string; readonly stop: () => Promise<void> }> {
  const child = start(argv, options)
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const { stdout } = child
  if (stdout === null) throw new Error('no output to read')
  const line = once(createInterface({ input: stdout }), 'line').then(([text]) => text as string)
  const ended = once(child, 'close').then(() => undefined)
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, 30_000, undefined).unref())
  const firstLine = await Promise.race([line, ended, late])
  if (firstLine === undefined) {
    await stop(child)
    throw new Error(`${argv.join(' ')} did not come up\n${stderr}`)
  }
  return { firstLine, stop: () => stop(child) }
}

/** Ends everything that still runs; for failures and Ctrl-C. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop))
}

function start(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env }: { readonly cwd: string; readonly env: Environment },
): ChildProcess {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  return child
}

/** By its own handle, asked first and killed after five seconds. */
async function stop(child: ChildProcess): Promise<void> {
  running.delete(child)
  // No pid: it never started.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}
