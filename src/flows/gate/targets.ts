import type { Dependency, DependencyFile } from '../../model/dependency.ts'
import { digestsMatch } from '../../model/digest.ts'
import type { RegistryRecord, Target } from '../../model/evidence.ts'
import { filesForPlatforms } from '../../model/python-platforms.ts'

export interface Targets {
  /** Each is looked up by itself. */
  readonly checked: readonly Target[]
  /** Files that the lock fixes by digest and that no platform of the policy installs. */
  readonly pinned: number
}

/**
 * What is looked up for one entry: the artifact it names, or the files that the policy's platforms would install. A lock
 * with twelve wheels a package costs one look-up a platform; an attested wheel says nothing about another (T-SU-12).
 */
export function targetsOf(
  dependency: Dependency,
  record: RegistryRecord | undefined,
  platforms: readonly string[],
): Targets {
  const { files } = dependency
  if (files === undefined || files.length === 0) {
    const digests = Object.keys(dependency.digests).length > 0 ? dependency.digests : foreignDigests(dependency, record)
    return { checked: [{ dependency, digests }], pinned: 0 }
  }
  const named = files.map((file) => withName(file, record))
  if (dependency.ecosystem !== 'pypi') {
    return { checked: named.map((file) => ({ dependency, file, digests: file.digests })), pinned: 0 }
  }
  const { checked, pinned } = filesForPlatforms(named, platforms)
  return {
    checked: checked.map((file) => ({ dependency, file, digests: file.digests })),
    pinned: pinned.length,
  }
}

/** A bare hash (`--hash=sha256:…`) gets the name under which the registry lists it: evidence is filed by name. */
function withName(file: DependencyFile, record: RegistryRecord | undefined): DependencyFile {
  if (file.name !== undefined) return file
  const listed = record?.files.find(({ digests, name }) => name !== undefined && digestsMatch(digests, file.digests))
  return listed?.name === undefined ? file : { ...file, name: listed.name }
}

/**
 * Yarn writes a checksum of its own zip, which no attestation is about: then the registry's digest stands in for it, and
 * the verdict has the limit `DIGEST_FROM_REGISTRY`.
 */
function foreignDigests({ checksum }: Dependency, record: RegistryRecord | undefined) {
  return checksum === undefined ? {} : (record?.files[0]?.digests ?? {})
}

/** Is the evidence of this entry about bytes that its own lock does not name? */
export function hasForeignDigests({ checksum, digests, files }: Dependency): boolean {
  return checksum !== undefined && Object.keys(digests).length === 0 && (files ?? []).length === 0
}

/** `linux-x64` as registries of images write it: `linux/amd64`. */
export function toImagePlatform(platform: string): string {
  const [system = '', cpu = ''] = platform.split('-')
  return `${system === 'win32' ? 'windows' : system}/${CPUS.get(cpu) ?? cpu}`
}

const CPUS = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['ppc64', 'ppc64le'],
])
