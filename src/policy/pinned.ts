import type { Dependency } from '../model/dependency.ts'
import { FILE_DIGEST_ALGORITHMS, isCommit } from '../model/digest.ts'

/** Does the entry name bytes or a commit, and not something that can be moved? */
export function isPinned({ digests, version, files }: Dependency): boolean {
  if (isCommit(digests.gitCommit) || isCommit(version)) return true
  const strong = (set: Dependency['digests']): boolean => FILE_DIGEST_ALGORITHMS.some((name) => set[name] !== undefined)
  return strong(digests) || (files !== undefined && files.length > 0 && files.every((file) => strong(file.digests)))
}
