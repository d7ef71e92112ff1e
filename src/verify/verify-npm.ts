import type { VerifiedAttestation } from '../model/attestation.ts'
import { CleanbillError } from '../model/error.ts'
import { isJsonObject } from '../model/json.ts'
import { parsePackageUrl, samePackage } from '../model/purl.ts'
import { type HeldArtifact, verifySubject } from './verify-subject.ts'

/**
 * What stands outside the signature must repeat what stands inside: a document that calls a publish attestation
 * provenance would otherwise be filed as one.
 *
 * @throws {CleanbillError} `PREDICATE_TYPE`
 */
export function verifyClaimedType({ origin, statement }: VerifiedAttestation): void {
  const claimed = origin.claimedPredicateType
  if (claimed === undefined || claimed === statement.predicateType) return
  throw new CleanbillError(
    'PREDICATE_TYPE',
    `${origin.where} is called ${JSON.stringify(claimed.slice(0, 120))} and signed as ${JSON.stringify(statement.predicateType.slice(0, 120))}`,
  )
}

/**
 * The registry's own word that it published exactly this: signed with a registry key, its predicate and its subject
 * name one package and version, and its sha512 is the artifact's.
 *
 * @returns the package URL it is about
 * @throws {CleanbillError} `PUBLISH_ATTESTATION_MISSING`
 */
export function verifyNpmPublish(attestation: VerifiedAttestation, artifact: HeldArtifact): string {
  const { statement, signer } = attestation
  if (signer.kind !== 'key' || signer.source !== 'npm-keys') throw missing('it is not signed with a registry key')
  const { name, version } = isJsonObject(statement.predicate) ? statement.predicate : {}
  if (typeof name !== 'string' || typeof version !== 'string') throw missing('it names no package')
  const purl = `pkg:npm/${name.startsWith('@') ? `%40${name.slice(1)}` : name}@${encodeURIComponent(version)}`
  if (artifact.purl !== undefined && !samePackage(parsePackageUrl(artifact.purl), parsePackageUrl(purl))) {
    throw missing(`it is about ${purl}, not about ${artifact.purl}`)
  }
  try {
    const subject = verifySubject(statement, { ...artifact, purl })
    if (subject.digest.sha512 === undefined) throw missing('its subject has no sha512')
  } catch (cause) {
    if (cause instanceof CleanbillError && cause.code === 'PUBLISH_ATTESTATION_MISSING') throw cause
    throw missing(`its subject is not this package: ${(cause as Error).message}`, cause)
  }
  return purl
}

function missing(why: string, cause?: unknown): CleanbillError {
  return new CleanbillError(
    'PUBLISH_ATTESTATION_MISSING',
    `the registry's publish attestation does not count: ${why}`,
    {
      cause,
      hint: "An npm package counts as published only with provenance and the registry's publish attestation together.",
    },
  )
}
