import { basename } from 'node:path'
import type { RecordContext } from './recorder.ts'

/**
 * Does the command start one of these programs, as far as its text shows? Looks at words, not at shell grammar: it
 * decides what is worth observing, and nothing else.
 */
export function mentions({ argv, shell }: Pick<RecordContext, 'argv' | 'shell'>, programs: RegExp): boolean {
  const text = [...argv, shell ?? ''].join('\n')
  return text.split(/[\s;&|()<>"'`$]+/).some((word) => programs.test(basename(word).replace(/\.(exe|cmd)$/i, '')))
}
