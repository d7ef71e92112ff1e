import { createHash } from 'node:crypto'
import { CleanbillError } from '../model/error.ts'
import type { Target } from '../model/evidence.ts'
import { NPM_PUBLISH } from '../model/predicates/registry.ts'
import { RELEASE_V01, RELEASE_V02 } from '../model/predicates/release.ts'
import type { Outcome } from './outcome.ts'
import { releaseTag } from './verify-release.ts'

/**
 * What the attestations of one document say only together: npm's provenance needs the registry's publish attestation
 * beside it, and of what there must be one there is one.
 */
export function requireTogether(outcomes: readonly Outcome[], target: Target, source: string): readonly Outcome[] {
  const each = requirePublish(outcomes, target, source)
  return refuseTwins(each, target, source)
}

/**
 * npm (GHSA-r2xv-vpr2-42m9): provenance names what a build called its package; that the registry took exactly this under
 * exactly this name and version only the publish attestation says. On JSON lines each line is a document of its own.
 */
function requirePublish(outcomes: readonly Outcome[], { dependency }: Target, source: string): readonly Outcome[] {
  const npm =
    dependency.ecosystem === 'npm' && (source === 'npm' || outcomes.some(({ fetched }) => fetched.form === 'npm'))
  if (!npm) return outcomes
  const published = new Set(outcomes.filter((one) => isGood(one) && isPublish(one)).map(({ fetched }) => fetched.line))
  return outcomes.map((outcome) => {
    if (!isGood(outcome) || published.has(outcome.fetched.line)) return outcome
    const refusal = new CleanbillError(
      'PUBLISH_ATTESTATION_MISSING',
      `${outcome.fetched.where}: no publish attestation of the registry that holds stands beside this provenance`,
      { hint: "Only the registry's own attestation says that it published these bytes under this name and version." },
    )
    return { ...outcome, refusal }
  })
}

/** PyPI takes one attestation of a type for a file; one tag has one release. Two that differ contradict each other. */
function refuseTwins(outcomes: readonly Outcome[], { dependency }: Target, source: string): readonly Outcome[] {
  const keyOf = (outcome: Outcome): string | undefined => {
    const { attestation } = outcome
    if (attestation === undefined || !isGood(outcome)) return undefined
    const { predicateType } = attestation.statement
    if (predicateType === RELEASE_V01 || predicateType === RELEASE_V02) return `release ${releaseTag(attestation)}`
    return dependency.ecosystem === 'pypi' && source === 'pypi' ? predicateType : undefined
  }
  const groups = Map.groupBy(outcomes, keyOf)
  return outcomes.map((outcome) => {
    const key = keyOf(outcome)
    const twins = key === undefined ? [] : (groups.get(key) ?? [])
    if (new Set(twins.map(payloadDigest)).size < 2) return outcome
    const refusal = new CleanbillError(
      'CLAIM_CONFLICT',
      `${outcome.fetched.where}: there are ${twins.length} different attestations where there is one`,
    )
    return { ...outcome, refusal }
  })
}

const isGood = ({ attestation, refusal, unsupported }: Outcome): boolean =>
  attestation !== undefined && refusal === undefined && unsupported === undefined

const isPublish = ({ attestation }: Outcome): boolean => attestation?.statement.predicateType === NPM_PUBLISH

function payloadDigest({ fetched: { content } }: Outcome): string {
  return createHash('sha256')
    .update(content.kind === 'dsse' ? content.payload : content.digest)
    .digest('hex')
}
