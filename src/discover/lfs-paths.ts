import { matchesGlob } from 'node:path/posix'
import { baseName, folderOf } from './finder.ts'

/** The files that a `.gitattributes` gives to git-lfs. Source: git-scm.com/docs/gitattributes; `!` patterns do not exist there. */
export function lfsPaths(attributes: string, text: string, paths: readonly string[]): string[] {
  const folder = folderOf(attributes)
  const inside = folder === '' ? '' : `${folder}/`
  const patterns = text.split(/\r?\n/).flatMap((line) => {
    const [pattern, ...rest] = line.trim().split(/\s+/)
    return pattern !== undefined && !pattern.startsWith('#') && rest.includes('filter=lfs') ? [pattern] : []
  })
  if (patterns.length === 0) return []
  return paths.filter(
    (path) =>
      path.startsWith(inside) &&
      patterns.some((pattern) =>
        // A pattern without a slash is about names; one with a slash starts at the folder of the file it stands in.
        pattern.includes('/')
          ? matchesGlob(path.slice(inside.length), pattern.replace(/^\//, ''))
          : matchesGlob(baseName(path), pattern),
      ),
  )
}
