import type { Dependency, DependencyFile } from '../model/dependency.ts'
import { type DigestSet, digestsMatch, FILE_DIGEST_ALGORITHMS } from '../model/digest.ts'
import type { RegistryFile, RegistryRecord, RegistryWord } from '../model/evidence.ts'
import { samePythonFile } from '../model/python-file-name.ts'

/** Everything an entry locks: its own archive and the files it lists. One that is listed is not counted twice. */
export function locked({ digests, files = [] }: Dependency): readonly DependencyFile[] {
  const listed = files.some((file) => sameSet(file.digests, digests))
  return Object.keys(digests).length === 0 || listed ? files : [{ digests }, ...files]
}

const sameSet = (left: DigestSet, right: DigestSet): boolean =>
  Object.keys(left).length === Object.keys(right).length &&
  Object.entries(left).every(([algorithm, hex]) => right[algorithm] === hex)

/**
 * A registry whose index states the digest of each file: every locked file must be one of them. An installer takes any
 * file that the lock allows, so one locked digest that the registry does not have is a way in, however many others fit.
 */
export function vouchForFiles(dependency: Dependency, record: RegistryRecord): RegistryWord {
  const files = locked(dependency)
  const strong = files.filter(({ digests }) => isStrong(digests))
  for (const file of strong) {
    const why = whyNotServed(file, record.files, dependency.ecosystem)
    if (why === undefined) continue
    const message = `the registry does not serve ${describe(file, dependency)} as it is locked: ${why}`
    return { kind: 'mismatch', code: 'REGISTRY_DIGEST_MISMATCH', message, record }
  }
  if (files.length === 0) return { kind: 'not-vouched', message: 'the lock names no digest', record }
  if (strong.length < files.length) {
    const message = `the lock names ${files.length - strong.length} of ${files.length} files by no strong digest`
    return { kind: 'not-vouched', message, record }
  }
  const silent = strong.find(({ digests }) => !record.files.some((file) => digestsMatch(file.digests, digests)))
  if (silent !== undefined) {
    const message = `the registry states no digest of ${describe(silent, dependency)} that the lock has too`
    return { kind: 'not-vouched', message, record }
  }
  return { kind: 'vouched', basis: 'index', record }
}

const isStrong = (digests: DigestSet): boolean =>
  FILE_DIGEST_ALGORITHMS.some((algorithm) => digests[algorithm] !== undefined)

const sharesAlgorithm = (left: DigestSet, right: DigestSet): boolean =>
  FILE_DIGEST_ALGORITHMS.some((algorithm) => left[algorithm] !== undefined && right[algorithm] !== undefined)

/** Undefined also where nothing can be compared: that is silence, and no contradiction. */
function whyNotServed(file: DependencyFile, served: readonly RegistryFile[], ecosystem: string): string | undefined {
  const { name, digests } = file
  const comparable = served.filter((one) => sharesAlgorithm(one.digests, digests))
  const sameName = name === undefined ? [] : namedAs(name, served, ecosystem)
  // A name that the registry has with other bytes: the lock was changed, or the registry was.
  if (sameName.length > 0) {
    const differs = sameName.every(
      (one) => sharesAlgorithm(one.digests, digests) && !digestsMatch(one.digests, digests),
    )
    return differs ? 'the file of that name has another digest' : undefined
  }
  if (comparable.length === 0) return undefined
  // Bare hashes, and names the registry does not have: found by digest, under any name where the lock gives none.
  if (name === undefined && comparable.some((one) => digestsMatch(one.digests, digests))) return undefined
  const unnamed = comparable.some((one) => one.name === undefined && digestsMatch(one.digests, digests))
  if (unnamed) return undefined
  return name === undefined ? 'no file has that digest' : 'there is no file of that name'
}

/** By the very name where there is one: taking names apart is for the few that are written in two ways. */
function namedAs(name: string, served: readonly RegistryFile[], ecosystem: string): readonly RegistryFile[] {
  const exact = served.filter((one) => one.name === name)
  if (exact.length > 0 || ecosystem !== 'pypi') return exact
  return served.filter((one) => one.name !== undefined && samePythonFile(one.name, name))
}

function describe({ name, digests }: DependencyFile, dependency: Dependency): string {
  const [algorithm = '', hex = ''] = Object.entries(digests)[0] ?? []
  return name === undefined ? `${dependency.name} ${algorithm}:${hex.slice(0, 16)}…` : name.slice(0, 200)
}
