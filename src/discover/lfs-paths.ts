import { CleanbillError } from '../model/error.ts'
import { baseName, folderOf } from './finder.ts'
import { MAX_PATTERN, matchesGitPattern } from './git-pattern.ts'

/**
 * The files that a `.gitattributes` gives to git-lfs. Source: git-scm.com/docs/gitattributes; `!` patterns do not exist there.
 *
 * @throws {CleanbillError} `LIMIT_EXCEEDED` for a pattern that git would not read
 */
export function lfsPaths(attributes: string, text: string, paths: readonly string[]): string[] {
  const folder = folderOf(attributes)
  const inside = folder === '' ? '' : `${folder}/`
  const patterns = text.split(/\r?\n/).flatMap((line) => {
    const [pattern, ...rest] = line.trim().split(/\s+/)
    return pattern !== undefined && !pattern.startsWith('#') && rest.includes('filter=lfs') ? [pattern] : []
  })
  if (patterns.length === 0) return []
  if (patterns.some(({ length }) => length > MAX_PATTERN)) {
    throw new CleanbillError('LIMIT_EXCEEDED', `a pattern for git-lfs is longer than ${MAX_PATTERN} characters`)
  }
  return paths.filter(
    (path) =>
      path.startsWith(inside) &&
      patterns.some((pattern) =>
        // A pattern without a slash is about names; one with a slash starts at the folder of the file it stands in.
        pattern.includes('/')
          ? matchesGitPattern(pattern.replace(/^\//, ''), path.slice(inside.length))
          : matchesGitPattern(pattern, baseName(path)),
      ),
  )
}
