import type { Dependency } from '../../model/dependency.ts'
import { parseRepository, type RepositoryName } from './api.ts'

export interface GitLocation {
  /** `https://github.com` */
  readonly server: string
  readonly name: RepositoryName
}

const OWNER_NAME = '([A-Za-z0-9_-][\\w.-]*)/([\\w.-]+?)(?:\\.git)?(?=[/#?@]|$)'
/** `git+ssh://git@HOST/o/n.git#…`, `https://HOST/o/n?rev=…`; npm writes a colon behind the host of some. */
const AS_URL = new RegExp(
  `^(?:git\\+)?(?:https?|ssh|git)://(?:[^@/\\s]+@)?([a-z0-9.-]+)(?::\\d+)?[/:]${OWNER_NAME}`,
  'i',
)
/** `git@HOST:o/n.git#…` */
const AS_SCP = new RegExp(`^[^@/\\s:]+@([a-z0-9.-]+):${OWNER_NAME}`, 'i')
/** `github:o/n#…` */
const AS_SHORT = new RegExp(`^(github):${OWNER_NAME}`, 'i')

/** Hosts that serve a repository of github.com. */
const PUBLIC = /^(?:www\.|codeload\.|ssh\.)?github\.com$|^github$/i

/**
 * Which repository on a GitHub server a git reference of a lock means. Others (GitLab, a server of one's own) have no API
 * that is asked here.
 *
 * @returns undefined for what is on no such server, or names no repository
 */
export function parseGitLocation(text: string): GitLocation | undefined {
  const [, host = '', owner, repository] = AS_URL.exec(text) ?? AS_SCP.exec(text) ?? AS_SHORT.exec(text) ?? []
  const name = owner === undefined || repository === undefined ? undefined : parseRepository(`${owner}/${repository}`)
  if (name === undefined) return undefined
  if (PUBLIC.test(host)) return { server: 'https://github.com', name }
  return /^[a-z0-9-]+\.ghe\.com$/i.test(host) ? { server: `https://${host.toLowerCase()}`, name } : undefined
}

/** Where GitHub has what a `uses:` or a git dependency means, and what of it is named. */
export interface GitPin {
  readonly name: RepositoryName
  /** Undefined for a `uses:`, which means the server that the workflow runs on. */
  readonly server: string | undefined
  /** 40 hex digits. */
  readonly commit: string | undefined
  /** A tag or a branch, where no commit is named. */
  readonly ref: string | undefined
}

/**
 * Reads a `uses:`, pinned or not, and a git dependency of a lock that names its commit. A git dependency without one is
 * whatever the next install finds, which is for other rules to say.
 */
export function gitPinOf({
  ecosystem,
  kind,
  source,
  digests,
  name,
  version,
  location,
}: Dependency): GitPin | undefined {
  const commit = digests.gitCommit
  if (source !== 'git' || (commit !== undefined && !/^[0-9a-f]{40}$/.test(commit))) return undefined
  if (kind === 'action' || kind === 'reusable-workflow') {
    const repository = ecosystem === 'github' ? parseRepository(name) : undefined
    const ref = commit === undefined && version !== undefined && isRef(version) ? version : undefined
    return repository === undefined || (commit ?? ref) === undefined
      ? undefined
      : { name: repository, server: undefined, commit, ref }
  }
  const place = commit === undefined || location === undefined ? undefined : parseGitLocation(location)
  return place === undefined ? undefined : { ...place, commit, ref: undefined }
}

/** As git has it (`check-ref-format`), and not longer than what anybody calls a tag. */
const isRef = (text: string): boolean =>
  /^[^\s~^:?*[\\\x00-\x1f\x7f]{1,255}$/.test(text) && !text.includes('..') && !text.includes('@{')
