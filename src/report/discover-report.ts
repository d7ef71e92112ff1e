import type { Dependency, DiscoveredFile, Discovery } from '../model/dependency.ts'
import { escapeTerminal } from './escape.ts'

const SHOWN_NOTICES = 50

/**
 * What was found, for people: a line a file with its count, what could not be read, then what is installed outside a lock.
 * Every name comes from files that a stranger may have written, so every one is escaped.
 */
export function formatDiscovery({ files, dependencies, notices, skipped }: Discovery): string {
  const failed = files.filter(({ error }) => error !== undefined)
  const shown = notices.slice(0, SHOWN_NOTICES)
  return [
    `${count(dependencies.length, 'dependency', 'dependencies')} in ${count(files.length, 'file', 'files')}`,
    ...files.map((file) => formatFile(file, dependencies)),
    ...(shown.length > 0 ? ['', `${count(notices.length, 'notice', 'notices')}`] : []),
    ...shown.map(
      ({ code, file, line, message }) => `  ${escapeTerminal(`${file}:${line}`)}  ${code}: ${escapeTerminal(message)}`,
    ),
    ...(notices.length > shown.length ? [`  … and ${notices.length - shown.length} more (see --json)`] : []),
    ...(skipped.length > 0 ? ['', `not looked into: ${escapeTerminal(skipped.join(', '))}`] : []),
    ...(failed.length > 0
      ? ['', `${count(failed.length, 'file', 'files')} could not be read: this list is not complete`]
      : []),
  ].join('\n')
}

function formatFile({ path, finder, dependencies: found, error }: DiscoveredFile, all: readonly Dependency[]): string {
  const number = String(found).padStart(6)
  if (error !== undefined) {
    const at = error.line === undefined ? '' : `:${error.line}`
    return ` ERROR  ${escapeTerminal(`${path}${at}`)}  ${escapeTerminal(error.code)}: ${escapeTerminal(error.message)}`
  }
  if (finder === undefined) return `${number}  ${escapeTerminal(path)}  (a known file that nothing here reads)`
  return `${number}  ${escapeTerminal(path)}${formatSources(path, all)}`
}

/** Registry entries are the rule; what is something else is said. */
function formatSources(path: string, all: readonly Dependency[]): string {
  const counts = new Map<string, number>()
  for (const { file, source } of all) {
    if (file === path && source !== 'registry') counts.set(source, (counts.get(source) ?? 0) + 1)
  }
  const parts = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([source, n]) => `${n} ${source}`)
  return parts.length === 0 ? '' : `  (${parts.join(', ')})`
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`
