import type { Dependency } from '../model/dependency.ts'
import { type DigestSet, digestsMatch } from '../model/digest.ts'
import type { Fact } from '../model/facts.ts'
import { normalizePythonName } from '../model/purl.ts'
import { unknownFact as unknownOf } from './answers.ts'
import { unknownFact } from './outcome.ts'
import type { SourceSession } from './source.ts'
import { readIndex } from './sources/read-index.ts'

interface FoundFile {
  readonly kind: 'file'
  readonly name: string
  readonly url: string
  readonly digests: DigestSet
}

/** Of several files the one whose listing says most about all. */
const PREFERRED: readonly RegExp[] = [/-none-any\.whl$/, /\.whl$/, /\.tar\.gz$/, /\.zip$/]

/**
 * Finds one file of a release: by the locked digests, for requirement files name no file; any file of it where nothing is
 * locked. Source: packaging.python.org, "Simple repository API" (JSON).
 */
export async function findPythonFile(dependency: Dependency, session: SourceSession): Promise<FoundFile | Fact<never>> {
  const { name, version = '' } = dependency
  const indexed = await readIndex(dependency, session)
  if (indexed.kind === 'unavailable') return unknownOf(indexed.error)
  const page = `${session.origin('pypi')}/simple/${encodeURIComponent(normalizePythonName(name))}/`
  const listed = indexed.kind === 'found' ? indexed.index.files : []
  const locked = [dependency.digests, ...(dependency.files ?? []).map(({ digests }) => digests)].filter(
    (digests) => digests.sha256 !== undefined,
  )
  const own = listed.filter(
    ({ digests }) => locked.length === 0 || locked.some((pinned) => digestsMatch(pinned, digests, ['sha256'])),
  )
  for (const pattern of PREFERRED) {
    const file = own.find((one) => pattern.test(one.name))
    const at = file?.url === undefined ? null : URL.parse(file.url, page)
    if (file !== undefined && at !== null) {
      return { kind: 'file', name: file.name, url: at.href.replace(/#.*$/, ''), digests: file.digests }
    }
  }
  return unknownFact(`${name}@${version}: the index has no file that is locked`)
}
