import { spawn } from 'node:child_process'

export interface ExecOptions {
  readonly cwd?: string
  /** The whole environment of the program: nothing is inherited. */
  readonly env: NodeJS.ProcessEnv
  readonly timeoutMs: number
}

export interface ExecResult {
  /** Exit code; -1 when the program did not start or was ended by a signal, which `stderr` then says. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const OUTPUT_LIMIT = 4 * 1024 * 1024

/**
 * Runs a program to its end and hands back what it said. Never synchronous: the token endpoint lives in this process
 * and has to answer while the program runs.
 */
export function exec(command: string, args: readonly string[], options: ExecOptions): Promise<ExecResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // Not spawn's own `timeout`: its timer stays, and holds the process, when the program is not there.
    const limit = setTimeout(() => child.kill('SIGTERM'), options.timeoutMs)
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-OUTPUT_LIMIT)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-OUTPUT_LIMIT)
    })
    child.on('error', (error) => {
      clearTimeout(limit)
      resolve({ code: -1, stdout, stderr: `${stderr}${error.message}` })
    })
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      if (code !== null) resolve({ code, stdout, stderr })
      else resolve({ code: -1, stdout, stderr: `${stderr}\nended by ${signal}, limit ${options.timeoutMs} ms` })
    })
  })
}

/** The last line that says something; tools put the reason there. */
export function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.findLast((line) => line !== '') ?? '(no output)'
}
