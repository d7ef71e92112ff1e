import type { Dependency } from '../model/dependency.ts'
import { isCommit } from '../model/digest.ts'
import { normalizePythonName } from '../model/purl.ts'
import type { LockEntry, TrustLock } from '../model/trust-lock.ts'
import { releaseLine } from '../model/versions.ts'

/** Under which key the trust lock holds a dependency. */
export function lockKey({ ecosystem, name, version }: Pick<Dependency, 'ecosystem' | 'name' | 'version'>) {
  const folded =
    ecosystem === 'pypi'
      ? normalizePythonName(name)
      : ['github', 'oci', 'docker'].includes(ecosystem)
        ? name.toLowerCase()
        : name
  return { ecosystem, name: folded, line: releaseLine(ecosystem, version) }
}

/** The entry of each dependency's own release line, and those of its other lines. */
export function findLockEntries(
  lock: TrustLock,
): (dependency: Dependency) => { readonly lock?: LockEntry; readonly otherLines: readonly LockEntry[] } {
  const byName = new Map<string, LockEntry[]>()
  for (const entry of lock.entries) {
    const key = JSON.stringify([entry.ecosystem, entry.name])
    byName.set(key, [...(byName.get(key) ?? []), entry])
  }
  return (dependency) => {
    if (!isLockable(dependency)) return { otherLines: [] }
    const { ecosystem, name, line } = lockKey(dependency)
    const entries = byName.get(JSON.stringify([ecosystem, name])) ?? []
    const own = entries.find((entry) => entry.line === line)
    return { ...(own === undefined ? {} : { lock: own }), otherLines: entries.filter((entry) => entry !== own) }
  }
}

/** Only what somebody publishes under a name has signers over time; a workspace folder or an unread file has not. */
export function isLockable({ source, id }: Dependency): boolean {
  return (source === 'registry' || source === 'git') && /^(?:pkg|hf):/.test(id)
}

/**
 * A package of that name from somebody's git repository is held to the entry of the registry's package, and makes none.
 */
export function isRecordable(dependency: Dependency): boolean {
  return isLockable(dependency) && !/[?&](?:vcs_url|download_url)=/.test(dependency.id)
}

/**
 * What names exactly one content of a dependency, for a record of it: the version of a package, commit or digest of
 * anything else. A tag of an action or an image is none: it can be moved to what was never seen.
 */
export function recordedAs(dependency: Dependency): string | undefined {
  if (!isRecordable(dependency)) return undefined
  const { kind, version, digests } = dependency
  if (kind === 'package') return version
  return [digests.gitCommit, version].find(isCommit) ?? digests.sha256
}

/** The code under which the lock records that a version had weaker evidence than another of its line from the start. */
export const WEAKER = 'ATTESTATION_LOST'

/** As {@link recordedAs}, for {@link WEAKER} alone: a tag that never had evidence has none to lose, wherever it is moved. */
export function weakerAs(dependency: Dependency): string | undefined {
  return recordedAs(dependency) ?? (isRecordable(dependency) ? dependency.version : undefined)
}

/** Was this said of this very version when it was first seen? */
export function isRecorded(lock: LockEntry | undefined, dependency: Dependency, code: string): boolean {
  const version = code === WEAKER ? weakerAs(dependency) : recordedAs(dependency)
  return lock?.unusual?.some((one) => one.version === version && one.code === code) === true
}
