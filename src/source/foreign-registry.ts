import type { Dependency } from '../model/dependency.ts'
import { type DigestSet, digestsMatch } from '../model/digest.ts'
import type { RegistryLookup } from '../model/evidence.ts'
import { unavailable } from './outcome.ts'

/**
 * An entry that its lock takes from another registry than the public one. The public record counts for it only when it
 * names the very bytes that are locked: then the other registry is a mirror. Otherwise a private package would be judged
 * by a stranger's of the same name, as missing or as forged.
 */
export function judgeForeign(source: string, dependency: Dependency, found: RegistryLookup): RegistryLookup {
  if (dependency.registry === undefined || found.kind === 'unavailable') return found
  if (found.kind === 'found' && namesTheseBytes(dependency, found.record.files)) return found
  return unavailable(
    source,
    'unsupported',
    `${dependency.name} comes from ${dependency.registry}, which the public registry does not speak for`,
    'Name the registry under "evidence" in the policy if it serves the same interface.',
  )
}

function namesTheseBytes(dependency: Dependency, files: readonly { readonly digests: DigestSet }[]): boolean {
  const locked = [dependency.digests, ...(dependency.files ?? []).map((file) => file.digests)]
  return locked.some((digests) => files.some((file) => digestsMatch(digests, file.digests)))
}
