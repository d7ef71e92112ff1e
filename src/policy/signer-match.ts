import type { VerifiedAttestation } from '../model/attestation.ts'
import type { ErrorCode } from '../model/error.ts'
import type { FindingCode } from '../model/finding-codes.ts'
import { matchesGlob } from '../model/glob.ts'
import type { CertificateClaims, KeyIdentity, SignerIdentity } from '../model/identity.ts'
import type { BuilderEntry, SignerRequirement, SourceRequirement } from '../model/policy.ts'
import { buildLevel } from './build-level.ts'
import { GITHUB_ISSUER } from './expected-identity.ts'
import { splitRef } from './locked-signer.ts'

/** Why an attestation does not satisfy an entry. */
export interface Mismatch {
  readonly code: ErrorCode | FindingCode
  readonly message: string
  readonly hint?: string | undefined
}

const GITHUB = 'https://github.com/'
/** Somebody with a certificate. */
type Certified = Exclude<SignerIdentity, KeyIdentity>

/** Where the code came from (.12–.17, .20). Missing claims equal nothing. */
export function checkSource({ signer }: VerifiedAttestation, wanted: SourceRequirement): Mismatch | undefined {
  const claims: CertificateClaims = signer.kind === 'certificate' ? signer.claims : {}
  const { repository, repositoryId, ownerId, ref, triggers } = wanted
  if (repository !== undefined) {
    const pattern = repository.includes('://') ? repository : GITHUB + repository
    const uri = claims.sourceRepositoryUri
    if (uri === undefined || !matchesGlob(pattern, uri)) {
      return mismatch('IDENTITY_MISMATCH', 'the source repository', uri, repository)
    }
    const strange = strangeIssuer(signer, pattern)
    if (strange !== undefined) return strange
  }
  if (repositoryId !== undefined && claims.sourceRepositoryIdentifier !== repositoryId) {
    return mismatch('REPOSITORY_ID_MISMATCH', 'the repository id', claims.sourceRepositoryIdentifier, repositoryId)
  }
  if (ownerId !== undefined && claims.sourceRepositoryOwnerIdentifier !== ownerId) {
    return mismatch('REPOSITORY_ID_MISMATCH', 'the owner id', claims.sourceRepositoryOwnerIdentifier, ownerId)
  }
  const from = claims.sourceRepositoryRef
  if (ref !== undefined && (from === undefined || !matchesGlob(ref, from))) {
    return mismatch('REF_DENIED', 'the source ref', from, ref)
  }
  const trigger = claims.buildTrigger
  if (triggers !== undefined && (trigger === undefined || !triggers.includes(trigger))) {
    return mismatch('TRIGGER_DENIED', 'the trigger', trigger, triggers.join(', '))
  }
  return undefined
}

/** A github.com name counts only from GitHub's issuer, or from an enterprise's own path below it. */
function strangeIssuer(signer: SignerIdentity, uri: string): Mismatch | undefined {
  if (!uri.startsWith(GITHUB) || signer.kind !== 'certificate') return undefined
  const { issuer } = signer
  if (issuer === GITHUB_ISSUER || issuer?.startsWith(`${GITHUB_ISSUER}/`)) return undefined
  return mismatch('ISSUER_MISMATCH', 'the issuer', issuer, GITHUB_ISSUER)
}

/** Who built and signed it (.9–.11), or by which key, address or name. */
export function checkSigner({ signer }: VerifiedAttestation, wanted: SignerRequirement): Mismatch | undefined {
  if (wanted.key !== undefined) {
    const held = signer.kind === 'key' ? signer.fingerprint : undefined
    return held === wanted.key ? undefined : mismatch('KEY_INVALID', 'the key', held, wanted.key)
  }
  if (signer.kind === 'key')
    return mismatch('IDENTITY_MISMATCH', 'the signer', `the key ${signer.fingerprint}`, nameOf(wanted))
  return checkIssuer(signer, wanted) ?? checkName(signer, wanted) ?? checkWorkflow(signer, wanted)
}

function checkIssuer(signer: Certified, { issuer, workflow }: SignerRequirement): Mismatch | undefined {
  const held = signer.kind === 'certificate' ? signer.issuer : undefined
  if (issuer === undefined) {
    return workflow === undefined ? undefined : strangeIssuer(signer, workflow.includes('://') ? workflow : GITHUB)
  }
  return (held ?? 'none') === issuer ? undefined : mismatch('ISSUER_MISMATCH', 'the issuer', held, issuer)
}

function checkName(signer: Certified, { email, identity, issuer }: SignerRequirement): Mismatch | undefined {
  const name = signer.subjectAlternativeName
  // A private CA needs no alternative name; only `issuer: none` can mean one.
  const held = name?.value ?? (signer.kind === 'private-ca' ? signer.commonName : undefined)
  if ((email !== undefined || identity !== undefined) && issuer === undefined) {
    return mismatch('ISSUER_MISMATCH', 'the issuer', undefined, 'a named one')
  }
  if (email !== undefined && (name?.type !== 'email' || held !== email)) {
    return mismatch('IDENTITY_MISMATCH', 'the signer', held, email)
  }
  return identity === undefined || held === identity
    ? undefined
    : mismatch('IDENTITY_MISMATCH', 'the signer', held, identity)
}

function checkWorkflow(signer: Certified, { workflow, ref, runner }: SignerRequirement): Mismatch | undefined {
  const claims: CertificateClaims = signer.kind === 'certificate' ? signer.claims : {}
  const { path, ref: at } = splitRef(claims.buildSignerUri ?? '')
  if (workflow !== undefined) {
    const pattern = workflow.includes('://') ? workflow : GITHUB + workflow
    if (at === undefined || !matchesGlob(pattern, path)) {
      return mismatch('SIGNER_WORKFLOW', 'the signing workflow', claims.buildSignerUri, workflow)
    }
  }
  if (ref !== undefined && (at === undefined || !matchesGlob(ref, at))) {
    return mismatch('REF_DENIED', "the signing workflow's ref", at, ref)
  }
  if (runner === 'github-hosted' && claims.runnerEnvironment !== 'github-hosted') {
    return mismatch('RUNNER_DENIED', 'the runner', claims.runnerEnvironment, runner)
  }
  return undefined
}

/**
 * SLSA Build level of an attestation by who signed it, never by what it claims (T-ID-14). Of several entries of the
 * table that fit, the lowest counts: an own entry cannot lift what a central policy holds down.
 */
export function levelOfBuild(attestation: VerifiedAttestation, builders: readonly BuilderEntry[]): number {
  const known = buildLevel(attestation.statement, attestation.signer)
  if (known === 0) return 0
  const fitting = builders.filter(
    ({ signer, ref }) => checkSigner(attestation, { workflow: signer, ref }) === undefined,
  )
  return fitting.length === 0 ? known : Math.min(...fitting.map(({ level }) => level))
}

function nameOf({ workflow, email, identity, key }: SignerRequirement): string {
  return workflow ?? email ?? identity ?? key ?? 'somebody with a certificate'
}

function mismatch(code: Mismatch['code'], what: string, held: string | undefined, wanted: string): Mismatch {
  const shown = held === undefined ? 'not known (the certificate does not say)' : JSON.stringify(held.slice(0, 300))
  return { code, message: `${what} is ${shown}, not ${JSON.stringify(wanted.slice(0, 300))}` }
}
