import type { VerifiedAttestation } from '../model/attestation.ts'
import type { Dependency, DependencyKind } from '../model/dependency.ts'
import type { AcceptedAttestation, Evidence } from '../model/evidence.ts'
import { isJsonObject, type JsonValue } from '../model/json.ts'
import { OMS_SIGNATURE_V1 } from '../model/predicates/oms.ts'
import { PROVENANCE_V1, PROVENANCE_V02 } from '../model/predicates/provenance.ts'
import { PYPI_PUBLISH } from '../model/predicates/registry.ts'
import { RELEASE_V01, RELEASE_V02 } from '../model/predicates/release.ts'
import { SVR_V02 } from '../model/predicates/svr.ts'
import { TEST_RESULT_V01 } from '../model/predicates/test-result.ts'
import { VSA_V1 } from '../model/predicates/vsa.ts'
import { EVIDENCE_TIERS, type EvidenceTier } from '../model/trust-lock.ts'
import { RUN_BUILD_TYPE } from '../model/uris.ts'

/** Kinds of evidence that a policy can name, by their predicate types; near misses are none of them (T-PP-19). */
export const EVIDENCE_KINDS: Readonly<Record<string, readonly string[]>> = {
  provenance: [PROVENANCE_V1, PROVENANCE_V02],
  publish: [PYPI_PUBLISH],
  release: [RELEASE_V02, RELEASE_V01],
  signature: [OMS_SIGNATURE_V1, 'https://sigstore.dev/cosign/sign/v1'],
  training: [PROVENANCE_V1],
  evaluation: [TEST_RESULT_V01, SVR_V02],
  sbom: ['https://cyclonedx.org/bom', 'https://spdx.dev/Document', 'https://spdx.dev/Document/v2.3'],
  vsa: [VSA_V1],
}

/** What counts where nothing else is asked for. Another kind alone is no evidence of this one (T-PP-01, T-PP-24). */
const WANTED: Readonly<Record<DependencyKind, readonly string[]>> = {
  package: ['provenance'],
  action: ['release', 'provenance'],
  'reusable-workflow': ['release', 'provenance'],
  image: ['provenance', 'signature'],
  model: ['signature', 'provenance'],
  dataset: ['signature', 'provenance'],
  file: ['provenance', 'signature', 'release'],
}

export function wantedKinds({ kind, ecosystem }: Pick<Dependency, 'kind' | 'ecosystem'>): readonly string[] {
  // Most of PyPI has only this; it names the publishing workflow, and the registry checked that identity.
  return kind === 'package' && ecosystem === 'pypi' ? ['provenance', 'publish'] : WANTED[kind]
}

/** Is this attestation of that kind: a name of {@link EVIDENCE_KINDS}, or a predicate type itself? */
export function isOfKind({ statement }: VerifiedAttestation, kind: string): boolean {
  const types = EVIDENCE_KINDS[kind] ?? [kind]
  if (!types.includes(statement.predicateType)) return false
  return kind !== 'training' || isTraining(statement.predicate)
}

/** Only our own build type says what a run was for. */
function isTraining(predicate: JsonValue): boolean {
  const definition = member(predicate, 'buildDefinition')
  return (
    member(definition, 'buildType') === RUN_BUILD_TYPE &&
    member(member(definition, 'externalParameters'), 'kind') === 'train'
  )
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined
}

/** The accepted attestations that count for this dependency by default. */
export function wantedAttestations(dependency: Dependency, { accepted }: Evidence): readonly AcceptedAttestation[] {
  const kinds = wantedKinds(dependency)
  return accepted.filter(({ attestation }) => kinds.some((kind) => isOfKind(attestation, kind)))
}

/** Strength of what was found now (R1). Of several files the weakest counts: an installer may take it (T-SU-12). */
export function tierOf(dependency: Dependency, evidence: Evidence): EvidenceTier {
  const wanted = wantedAttestations(dependency, evidence)
  const provenance = wanted.filter(({ attestation }) => isOfKind(attestation, 'provenance'))
  if (coversFiles(provenance, evidence)) return 'provenance'
  if (coversFiles(wanted, evidence)) return 'signed'
  return evidence.registry.kind === 'vouched' ? 'registered' : 'none'
}

export function isWeaker(tier: EvidenceTier, than: EvidenceTier): boolean {
  return EVIDENCE_TIERS.indexOf(tier) < EVIDENCE_TIERS.indexOf(than)
}

function coversFiles(accepted: readonly AcceptedAttestation[], { files }: Evidence): boolean {
  const names = new Set(accepted.map(({ file }) => file))
  return names.has(undefined) || (names.size > 0 && names.size >= files.checked)
}
