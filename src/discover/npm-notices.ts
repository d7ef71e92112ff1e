import type { Notice } from '../model/dependency.ts'

interface Entry {
  readonly name: string
  readonly version?: string | undefined
  readonly file: string
  readonly line: number
}

/** An entry whose URL delivers something else than its name says: the way a lock file is poisoned (T-NS-19). */
export function mismatchNotice({ name, version, file, line }: Entry, delivers: string): Notice {
  return {
    code: 'RESOLVED_MISMATCH',
    message: `the entry is called ${name}@${version ?? '?'}, and its URL delivers ${delivers}`,
    hint: 'Write the lock again from the manifest; when that changes nothing, find out who wrote this line.',
    file,
    line,
  }
}
