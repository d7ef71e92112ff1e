import { codeOfFault, nameOf, show } from '../objections.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/**
 * R0. The bytes that the lock names are the ones that the registry itself vouches for (T-NS-19): a pull request can
 * replace an `integrity` and leave name and version as they are, and no attestation is missing where there never was one.
 */
export const lockMatchesRegistry: Rule = {
  id: 'lock-matches-registry',
  docs: 'docs/rules.md#lock-matches-registry',
  check: (subject) => {
    const { registry } = subject.evidence
    if (registry.kind === 'mismatch') {
      return [
        {
          outcome: 'fire',
          code: registry.code,
          message: `the lock names other bytes for ${nameOf(subject)} than the registry ${show(registry.record.origin)} vouches for: ${show(registry.message, 300)}`,
          hint: 'Make the lock anew from the registry and compare; until then install nothing from this one.',
          state: 'invalid',
        },
      ]
    }
    if (registry.kind === 'not-vouched') return [notVouched(subject, registry.message)]
    if (registry.kind !== 'unavailable') return []
    const { fault, message, hint, source } = registry.error
    return [
      {
        outcome: 'unknown',
        code: codeOfFault(fault),
        message: `the registry ${show(source)} could not be asked whether it vouches for ${nameOf(subject)}: ${show(message, 300)}`,
        hint: hint ?? 'Run again; if installs come from a mirror, name the origin of the evidence under "evidence".',
        weight: answeredBefore(subject) ? 'absolute' : 'context',
      },
    ]
  },
}

function notVouched(subject: Subject, message: string): Objection {
  if (!namesDigest(subject)) return noDigest(subject)
  const before = answeredBefore(subject)
  return {
    outcome: 'fire',
    code: 'REGISTRY_NOT_VOUCHED',
    message: `no registry vouches for ${nameOf(subject)}${before ? ', and one did before' : ''}: ${show(message, 300)}`,
    hint: 'For a private registry name its origin under "evidence"; else find out where this version went.',
    // Private packages have no public registry behind them on the first day either: that is the state `absent`.
    weight: before ? 'absolute' : 'unusual',
  }
}

/** Nothing was compared, so nothing is other than before: what the lock leaves open is no word of the registry's. */
function noDigest(subject: Subject): Objection {
  const own = subject.dependency.checksum !== undefined
  return {
    outcome: 'unknown',
    code: 'DIGEST_MISSING',
    message: own
      ? `the lock names ${nameOf(subject)} by a checksum that the package manager made of its own archive: no registry says anything about that one`
      : `the lock pins no digest for ${nameOf(subject)}: whatever is served under that version would be installed`,
    hint: own
      ? 'Yarn compares it at each install; that the first download was the published one, nobody vouches for.'
      : 'Make the lock anew: some package managers leave integrity values out when they add to an old lock.',
    weight: 'note',
  }
}

function namesDigest({ dependency: { digests, files = [] } }: Subject): boolean {
  return [digests, ...files.map((file) => file.digests)].some((set) => Object.keys(set).length > 0)
}

/** The trust lock says that the registry's word was had for this release line. */
function answeredBefore({ lock }: Subject): boolean {
  return lock !== undefined && lock.best !== 'none'
}
