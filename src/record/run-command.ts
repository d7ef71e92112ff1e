import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { CleanbillError, type Limit } from '../model/error.ts'
import type { CommandExit } from '../model/recording.ts'

/** Takes one chunk of output; the next one is read when it is done (backpressure). */
export type OutputWriter = (chunk: Uint8Array) => void | Promise<void>

/** Signals that end a job. On a terminal the kernel gives Ctrl-C to the command by itself: entry leaves it out there. */
export type ForwardedSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** Subscribes to the signals that reach us; returns the way to unsubscribe. */
export type OnSignal = (listener: (signal: ForwardedSignal) => void) => () => void

export interface CommandOptions {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly stdin?: 'inherit' | 'ignore'
  readonly onStdout?: OutputWriter
  readonly onStderr?: OutputWriter
  readonly onSignal?: OnSignal | undefined
  /** Milliseconds to wait for the end of the output once the command ended. Default 5,000. */
  readonly streamGraceMs?: number | undefined
}

/** What went through one stream. */
export interface StreamDigest {
  readonly sha256: string
  readonly bytes: number
}

export interface CommandResult {
  readonly exit: CommandExit
  readonly stdout: StreamDigest
  readonly stderr: StreamDigest
  /** `OUTPUT_STREAM_OPEN` where a process that outlives the command kept its output open. */
  readonly limits: readonly Limit[]
}

/**
 * Runs the wrapped command: no shell of ours, output streamed through and digested, never kept (T-AC-15), signals
 * forwarded. A command that fails is a result, not an error.
 *
 * @throws {CleanbillError} `COMMAND_NOT_FOUND`, `ARGUMENT_INVALID`
 */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const child = await startCommand(options)
  const unsubscribe = options.onSignal?.((signal) => void child.kill(signal))
  try {
    const stdout = digestStream(child.stdout, options.onStdout)
    const stderr = digestStream(child.stderr, options.onStderr)
    const drained = Promise.all([stdout.ended, stderr.ended]).then(() => true)
    const [code, signal] = child.exitCode === null && child.signalCode === null ? await exitOf(child) : endOf(child)
    const complete = await within(drained, options.streamGraceMs ?? 5_000)
    for (const stream of [stdout, stderr]) stream.stop()
    return {
      exit: { code, signal },
      stdout: stdout.digest(),
      stderr: stderr.digest(),
      limits: complete ? [] : [STREAM_OPEN],
    }
  } finally {
    unsubscribe?.()
  }
}

const STREAM_OPEN: Limit = {
  code: 'OUTPUT_STREAM_OPEN',
  message:
    'a process that outlived the command kept its output open: the stream digests end early, and that process may still be running',
}

async function startCommand(options: CommandOptions): Promise<ChildProcess> {
  const [program, ...args] = options.argv
  if (program === undefined || program === '' || options.argv.some((arg) => arg.includes('\0'))) {
    throw new CleanbillError('ARGUMENT_INVALID', 'there is no command to run, or it holds a NUL character')
  }
  try {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: [options.stdin ?? 'inherit', 'pipe', 'pipe'],
      shell: false,
    })
    await once(child, 'spawn')
    // Later errors (a signal that could not be sent) must not end us: the exit is what counts.
    child.on('error', () => undefined)
    return child
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
    throw new CleanbillError('COMMAND_NOT_FOUND', `cannot start ${JSON.stringify(program.slice(0, 200))}: ${reason}`, {
      cause,
      hint:
        reason === 'ENOENT'
          ? 'Check the name of the program and PATH; shell syntax needs a shell, such as: bash -c "…".'
          : 'Check that the file is executable and, if it is a script, starts with #!.',
    })
  }
}

async function exitOf(child: ChildProcess): Promise<[number | null, string | null]> {
  return (await once(child, 'exit')) as [number | null, string | null]
}

function endOf(child: ChildProcess): [number | null, string | null] {
  return [child.exitCode, child.signalCode]
}

function digestStream(stream: Readable | null, write: OutputWriter | undefined) {
  const hash = createHash('sha256')
  let bytes = 0
  let stopped = false
  const pump = async () => {
    let writer = write
    for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) {
      if (stopped) return
      hash.update(chunk)
      bytes += chunk.length
      try {
        await writer?.(chunk)
      } catch {
        // `cleanbill run … | head`: whoever read us is gone. The command goes on and so does its digest.
        writer = undefined
      }
    }
  }
  // A destroyed stream ends the loop with an error; the limit has said it already.
  const ended = pump().catch(() => undefined)
  return {
    ended,
    stop: () => {
      stopped = true
      stream?.destroy()
    },
    digest: (): StreamDigest => ({ sha256: hash.digest('hex'), bytes }),
  }
}

/** The promise's value, or false when it takes longer. */
async function within(promise: Promise<boolean>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
