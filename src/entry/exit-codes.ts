import { type CleanbillError, type ErrorClass, isCleanbillError } from '../model/error.ts'

/** DESIGN §7. `run` passes the wrapped command's own code through when that command fails. */
export const EXIT = { passed: 0, notJudged: 1, usage: 2, refused: 10, outage: 11 } as const

const BY_CLASS: Readonly<Record<ErrorClass, number>> = {
  refused: EXIT.refused,
  usage: EXIT.usage,
  tool: EXIT.notJudged,
}

/**
 * Anything that is no error of ours is a defect: exit 1, "nothing was verified".
 *
 * @param judges the command gives verdicts. Any other has refused nothing: the file it was given is not what it takes
 */
export function exitCodeOf(error: unknown, judges = false): number {
  if (!isCleanbillError(error)) return EXIT.notJudged
  if (error.class === 'refused' && !judges) return EXIT.usage
  return error.code === 'SIGNING_PENDING' ? EXIT.outage : BY_CLASS[error.class]
}

/** The exit code a shell gives a command that a signal ended: 128 + n. */
export function exitCodeOfCommand(exit: { readonly code: number | null; readonly signal: string | null }): number {
  if (exit.code !== null) return exit.code
  return 128 + (SIGNALS[exit.signal ?? ''] ?? 0)
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
}

/** An error as a document: the same fields everywhere. */
export interface ErrorDocument {
  readonly code: string
  readonly message: string
  readonly hint: string | null
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
}

export function errorDocument(error: unknown): ErrorDocument {
  const known = isCleanbillError(error) ? (error as CleanbillError) : undefined
  return {
    code: known?.code ?? 'INTERNAL_ERROR',
    message: known?.message ?? `unexpected fault: ${(error as Error)?.message ?? String(error)}`,
    hint: known?.hint ?? (known === undefined ? 'Nothing was verified. This is a defect: please report it.' : null),
    file: known?.file ?? null,
    line: known?.line ?? null,
    column: known?.column ?? null,
  }
}

/** `.github/cleanbill.yml:3:5: `, where the error is about a place in a file; empty elsewhere. */
export function formatPlace({ file, line, column }: Pick<ErrorDocument, 'file' | 'line' | 'column'>): string {
  if (file === null) return ''
  return `${[file, ...(line === null ? [] : [line]), ...(line === null || column === null ? [] : [column])].join(':')}: `
}
