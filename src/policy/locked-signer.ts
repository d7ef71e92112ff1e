import type { VerifiedAttestation } from '../model/attestation.ts'
import { matchesGlob } from '../model/glob.ts'
import type { KeylessIdentity } from '../model/identity.ts'
import { parsePackageUrl } from '../model/purl.ts'
import type { LockEntry, LockedSigner } from '../model/trust-lock.ts'
import { compareVersions } from '../model/versions.ts'
import { toRefPattern } from './source-ref.ts'

const NO_SETS = { refs: [], triggers: [], environments: [] } as const

/**
 * Who signed, without what changes from release to release (incidents.md §1, "R2, the tuple"): refs leave .9 and .18,
 * the ref itself becomes a pattern, run, commits and digests are left out.
 *
 * @param version of the dependency: `refs/tags/v1.2.3` becomes `refs/tags/v*`. Default: what the subject's purl says
 */
export function signerOf(attestation: VerifiedAttestation, version?: string): LockedSigner {
  const { signer, statement } = attestation
  if (signer.kind === 'key') return { key: signer.fingerprint, ...NO_SETS }
  if (signer.kind === 'private-ca') {
    return { identity: signer.subjectAlternativeName?.value ?? signer.commonName ?? signer.subject, ...NO_SETS }
  }
  return ofCertificate(signer, version ?? parsePackageUrl(statement.subject[0]?.name ?? '')?.version)
}

function ofCertificate(signer: KeylessIdentity, version: string | undefined): LockedSigner {
  const { issuer, claims, legacy, subjectAlternativeName: name } = signer
  const workflow = splitRef(claims.buildSignerUri ?? (name.type === 'uri' ? name.value : ''))
  const hosted = claims.buildSignerUri !== undefined || workflow.ref !== undefined
  const config = splitRef(claims.buildConfigUri ?? '').path
  const repository = claims.sourceRepositoryUri ?? (legacy.repository && `https://github.com/${legacy.repository}`)
  const ref = claims.sourceRepositoryRef ?? legacy.ref
  const trigger = claims.buildTrigger ?? legacy.trigger
  return {
    ...given('issuer', issuer),
    ...given('repository', repository),
    ...given('repositoryId', claims.sourceRepositoryIdentifier),
    ...given('ownerId', claims.sourceRepositoryOwnerIdentifier),
    ...(hosted ? given('workflow', workflow.path) : given('identity', name.value)),
    ...given('buildConfig', config === workflow.path ? undefined : config),
    ...given('runner', claims.runnerEnvironment),
    refs: ref === undefined ? [] : [toRefPattern(ref, version)],
    triggers: trigger === undefined ? [] : [trigger],
    environments: claims.deploymentEnvironment === undefined ? [] : [claims.deploymentEnvironment],
  }
}

function given<K extends keyof LockedSigner>(key: K, value: string | undefined): { [P in K]?: string } {
  // Sound: one key, the one that was named.
  return (value === undefined || value === '' ? {} : { [key]: value }) as { [P in K]?: string }
}

/** `https://…/release.yml@refs/tags/v1`: GitHub loads workflows from one folder, so their names hold no `@refs/`. */
export function splitRef(uri: string): { readonly path: string; readonly ref: string | undefined } {
  const [, path, ref] = /^(.*?)@(refs\/.+|[0-9a-f]{40}|[0-9a-f]{64})$/s.exec(uri) ?? []
  return path === undefined ? { path: uri, ref: undefined } : { path, ref }
}

/** What two signers differ in, by the names of the lock's fields. */
export interface SignerMatch {
  readonly matches: boolean
  readonly differs: readonly string[]
}

/**
 * Is this signer the locked one? Names, ids and paths are compared exactly; refs by the locked patterns; triggers and
 * environments as sets, where a claim that is new strengthens and one that is gone does not hold. A signer that names
 * nobody matches nobody.
 */
export function matchesSigner(locked: LockedSigner, signer: LockedSigner): SignerMatch {
  const differs = [
    ...EXACT.filter(([field]) => locked[field] !== signer[field]).map(([, name]) => name),
    ...(sameRepository(locked, signer) ? [] : ['repository']),
    ...(locked.runner === signer.runner || (locked.runner === undefined && signer.runner === 'github-hosted')
      ? []
      : ['runner']),
    ...(covers(locked.refs, signer.refs, matchesGlob) ? [] : ['refs']),
    ...(covers(locked.triggers, signer.triggers) ? [] : ['triggers']),
    // A new environment strengthens: OID .23 exists since November 2025 only.
    ...(locked.environments.length === 0 || covers(locked.environments, signer.environments) ? [] : ['environments']),
  ]
  const named = [locked.key, locked.identity, locked.workflow].some((value) => value !== undefined)
  return named ? { matches: differs.length === 0, differs } : { matches: false, differs: ['identity', ...differs] }
}

const EXACT = [
  ['issuer', 'issuer'],
  ['repositoryId', 'repository-id'],
  ['ownerId', 'owner-id'],
  ['workflow', 'workflow'],
  ['buildConfig', 'build-config'],
  ['identity', 'identity'],
  ['key', 'key'],
] as const satisfies readonly (readonly [keyof LockedSigner, string])[]

/** A repository that was renamed keeps its id. Without an id only the name is left: certificates from before 2023. */
function sameRepository(locked: LockedSigner, signer: LockedSigner): boolean {
  if (locked.repositoryId !== undefined && locked.repositoryId === signer.repositoryId) return true
  return locked.repository === signer.repository
}

function covers(
  locked: readonly string[],
  found: readonly string[],
  same: (pattern: string, text: string) => boolean = (a, b) => a === b,
): boolean {
  // What one certificate says and the other does not equals nothing.
  if (found.length === 0) return locked.length === 0
  return found.every((one) => locked.some((pattern) => same(pattern, one)))
}

/** The signers of an entry that still count for this version. */
export function signersFor(entry: LockEntry, version: string | undefined): readonly LockedSigner[] {
  return entry.signers.filter(({ until }) => {
    if (until === undefined) return true
    const order = version === undefined ? undefined : compareVersions(entry.ecosystem, version, until)
    return (order ?? 0) < 0
  })
}
