import { execFile } from 'node:child_process'

export interface ToolResult {
  readonly stdout: string
  readonly stderr: string
}

export interface ToolOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutMs?: number
  readonly maxBytes?: number
}

/** Asks a program something and returns its output, or undefined when it is missing, fails or takes too long. */
export type RunTool = (argv: readonly [string, ...string[]], options: ToolOptions) => Promise<ToolResult | undefined>

/** No shell, ever: names of files and branches are arguments, not code (T-AC-01). */
export const runTool: RunTool = ([program, ...args], options) =>
  new Promise((resolve) => {
    execFile(
      program,
      args,
      {
        cwd: options.cwd,
        env: options.env as NodeJS.ProcessEnv,
        timeout: options.timeoutMs ?? 15_000,
        maxBuffer: options.maxBytes ?? 16 * 1024 * 1024,
        killSignal: 'SIGKILL',
        encoding: 'utf8',
        windowsHide: true,
      },
      (error, stdout, stderr) => resolve(error ? undefined : { stdout, stderr }),
    )
  })
