import type { Lookup, Target } from '../../model/evidence.ts'
import { findBundles } from '../oci/find-bundles.ts'
import { openRepository, SOURCE } from '../oci/repository.ts'
import { isUnavailable, unavailable } from '../outcome.ts'
import type { Source, SourceSession } from '../source.ts'

/**
 * Container registries: bundles that refer to an image. A target is one digest: of the index that a reference pins, or,
 * with a `file` of `resolveImage`, of one platform's manifest in it. Builders attest either.
 */
export const ociSource: Source = {
  id: SOURCE,
  covers: ({ ecosystem, kind, source }) => ecosystem === 'oci' && kind === 'image' && source === 'registry',
  lookup,
}

async function lookup({ dependency, digests }: Target, session: SourceSession): Promise<Lookup> {
  const repository = openRepository(dependency, session)
  if (isUnavailable(repository)) return repository
  const [algorithm, hex] = Object.entries(digests).find(([name]) => name === 'sha256' || name === 'sha512') ?? []
  if (hex === undefined) {
    const hint = 'Pin the image by its digest: name@sha256:…'
    return unavailable(
      SOURCE,
      'unsupported',
      `${dependency.name} is named by a tag, which may be another image tomorrow`,
      hint,
    )
  }
  return findBundles(repository, `${algorithm}:${hex}`, `${dependency.name}@${algorithm}:${hex.slice(0, 12)}`)
}
