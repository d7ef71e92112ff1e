import type { RuleSetting } from '../../model/policy.ts'
import type { EvidenceTier } from '../../model/trust-lock.ts'
import { compareVersions, releaseLine } from '../../model/versions.ts'
import { isWeaker, tierOf } from '../evidence-kinds.ts'
import { isRecorded, WEAKER } from '../lock-entries.ts'
import { codeOfFault, nameOf, show } from '../objections.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/**
 * R1. A version has weaker signed evidence than an earlier one of its release line (T-PP-12, T-PP-14). Most stolen
 * publishing tokens show up here: axios 1.14.1, nx, mastra. Against other lines it is `unusual` only, since axios 0.x was
 * never attested while 1.x was.
 */
export const noDowngrade: Rule = {
  id: 'no-downgrade',
  docs: 'docs/rules.md#no-downgrade',
  check: (subject, { setting }) => {
    const { dependency } = subject
    const tier = tierOf(dependency, subject.evidence)
    const line = bestOfLine(subject, setting)
    if (line !== undefined && isWeaker(tier, line.tier)) return [lost(subject, tier, line)]
    const elsewhere = bestElsewhere(subject, setting)
    if (elsewhere === undefined || !isWeaker(tier, elsewhere.tier) || line !== undefined) return []
    return [
      {
        outcome: 'fire',
        code: 'ATTESTATION_LOST',
        message: `${nameOf(subject)} has ${TIERS[tier]}, and ${elsewhere.who} had ${TIERS[elsewhere.tier]}`,
        hint: 'Another release line may be published in another way; look whether this one always was.',
        weight: 'unusual',
      },
    ]
  },
}

interface Best {
  readonly tier: EvidenceTier
  /** For the message. */
  readonly who: string
}

const TIERS: Readonly<Record<EvidenceTier, string>> = {
  none: 'no evidence',
  registered: "the registry's own word and nothing signed by its producer",
  signed: 'a signature',
  provenance: 'build provenance',
}

function lost(subject: Subject, tier: EvidenceTier, before: Best): Objection {
  const error = subject.evidence.unavailable[0]
  // Silence of a source that could not be asked is no loss.
  if (error !== undefined) {
    return {
      outcome: 'unknown',
      code: codeOfFault(error.fault),
      message: `${nameOf(subject)}: ${before.who} had ${TIERS[before.tier]}, and the source ${show(error.source)} could not be asked for this version's`,
      hint: 'Run again when the source answers.',
    }
  }
  return {
    outcome: 'fire',
    code: 'ATTESTATION_LOST',
    message: `${nameOf(subject)} has ${TIERS[tier]}, but ${before.who} had ${TIERS[before.tier]}`,
    hint: 'Stay on the version before, and ask the project; if it really stopped attesting, lower the entry in cleanbill.lock in review.',
    state: 'lost',
    // It had no more when both were first seen: then nothing was lost since.
    ...(isRecorded(subject.lock, subject.dependency, WEAKER) ? { weight: 'context' as const } : {}),
  }
}

function bestOfLine(subject: Subject, setting: RuleSetting): Best | undefined {
  const { lock, dependency } = subject
  if (lock !== undefined && isSigned(lock.best)) {
    return {
      tier: lock.best,
      who: `the release line ${show(lock.line)} in the trust lock (seen since ${show(lock.first)})`,
    }
  }
  const line = releaseLine(dependency.ecosystem, dependency.version)
  const earlier = attestedBefore(subject, setting).find(
    (version) => releaseLine(dependency.ecosystem, version) === line,
  )
  return earlier === undefined ? undefined : claimed(earlier, 'of the same release line')
}

function bestElsewhere(subject: Subject, setting: RuleSetting): Best | undefined {
  const other = subject.otherLines.find(({ best }) => isSigned(best))
  if (other !== undefined) return { tier: other.best, who: `the release line ${show(other.line)}` }
  const earlier = attestedBefore(subject, setting)[0]
  return earlier === undefined ? undefined : claimed(earlier, 'of another release line')
}

/** A registry's claim is unsigned, and enough to ask for no less: lying here costs the liar, not us. */
const claimed = (version: string, where: string): Best => ({
  tier: 'signed',
  who: `${show(version)}, ${where} by the registry's list,`,
})

function isSigned(tier: EvidenceTier): boolean {
  return !isWeaker(tier, 'signed')
}

/**
 * Versions for which the registry lists attestations and that came before this one, by number or by the registry's time:
 * a release date can be written back, and a malicious patch can take a low number. Asked for what is new or changed.
 */
function attestedBefore({ change, dependency, facts }: Subject, setting: RuleSetting): readonly string[] {
  const { version } = dependency
  if ((change !== 'added' && change !== 'changed') || facts.history.kind === 'unknown' || version === undefined)
    return []
  const versions = facts.history.value
  const published = Date.parse(versions.find((one) => one.version === version)?.publishedAt ?? '')
  const from = Date.parse(setting.ignoreOlderThan ?? '')
  return versions
    .filter(({ claimsAttestations, publishedAt, version: other }) => {
      const at = Date.parse(publishedAt ?? '')
      if (!claimsAttestations || at < from) return false
      const order = compareVersions(dependency.ecosystem, other, version) ?? 0
      return order < 0 || at < published
    })
    .map(({ version: other }) => other)
}
