import type { Dependency, DependencyFile } from '../../model/dependency.ts'
import type { WorldFile } from './description.ts'

/** Where a lock lists bare hashes, wheels of these platforms stand behind them, in this order. */
const TAGS = [
  'py3-none-any',
  'cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64',
  'cp312-cp312-macosx_11_0_arm64',
  'cp312-cp312-win_amd64',
  'cp312-cp312-musllinux_1_1_x86_64',
  'cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64',
  'cp312-cp312-macosx_10_12_x86_64',
] as const

/** The files of one version, as all locks together name them. One digest is one file. */
export function distributionFiles(entries: readonly Dependency[]): readonly WorldFile[] | undefined {
  const listed = entries.flatMap(({ digests, files }) => files ?? (digests.sha256 === undefined ? [] : [{ digests }]))
  // Named ones first: a bare hash of the same file must not give it another name.
  const named = listed.filter(({ name }) => name !== undefined)
  const known = new Map<string, DependencyFile>()
  for (const file of [...named, ...listed]) {
    const { sha256 } = file.digests
    if (sha256 !== undefined && !known.has(sha256)) known.set(sha256, file)
  }
  if (known.size === 0) return undefined
  const taken = new Set(named.flatMap(({ name }) => name ?? []))
  const names = madeUpNames(entries[0], known.size).filter((name) => !taken.has(name))
  return [...known.values()].map(({ name, digests }) => ({ name: name ?? names.shift() ?? '', digests }))
}

/** A source archive and wheels; one file alone is a wheel for everything. */
function madeUpNames(entry: Dependency | undefined, count: number): string[] {
  const base = `${(entry?.name ?? '').replace(/[-_.]+/g, '_').toLowerCase()}-${entry?.version ?? ''}`
  const wheels = Array.from({ length: count + TAGS.length }, (_, index) => {
    const round = Math.floor(index / TAGS.length)
    const tag = TAGS[index % TAGS.length] ?? TAGS[0]
    // A later round has another interpreter, so that no two files have one name.
    return `${base}-${round === 0 ? tag : tag.replaceAll('312', String(312 - round)).replace('py3-', `py3${round}-`)}.whl`
  })
  return count === 1 ? wheels : [`${base}.tar.gz`, ...wheels]
}
