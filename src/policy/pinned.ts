import type { Dependency } from '../model/dependency.ts'
import { FILE_DIGEST_ALGORITHMS } from '../model/digest.ts'

/** 40 hexadecimal digits, or 64 in a repository with SHA-256. A short hash can be made to mean another commit. */
export function isCommit(text: string | undefined): boolean {
  return text !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

/** Does the entry name bytes or a commit, and not something that can be moved? */
export function isPinned({ digests, version, files }: Dependency): boolean {
  if (isCommit(digests.gitCommit) || isCommit(version)) return true
  const strong = (set: Dependency['digests']): boolean => FILE_DIGEST_ALGORITHMS.some((name) => set[name] !== undefined)
  return strong(digests) || (files !== undefined && files.length > 0 && files.every((file) => strong(file.digests)))
}
