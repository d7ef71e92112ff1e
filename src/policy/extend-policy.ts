import { CleanbillError } from '../model/error.ts'
import type { Policy, RuleSetting } from '../model/policy.ts'
import { RULE_IDS } from '../model/rules.ts'
import { findLoosened } from './compare-policies.ts'

/**
 * Puts a repository's own policy on top of the central one. It may be tightened, not loosened: what the own file does
 * not write is the base's, and every entry of the base still applies.
 *
 * @throws {CleanbillError} `POLICY_LOOSENED`, naming the key
 */
export function extendPolicy(base: Policy, own: Policy): Policy {
  const [first] = findLoosened(base, own)
  if (first !== undefined) {
    throw new CleanbillError('POLICY_LOOSENED', `${first.key} loosens ${base.file}: ${first.message}`, {
      file: own.file,
      hint: 'Tighten only; what has to be looser is changed in the central policy.',
    })
  }
  const has = (key: string) => own.given === undefined || own.given.includes(key)
  const from = <T extends { readonly file?: string | undefined }>(entries: readonly T[]): T[] =>
    entries.map((entry) => ({ ...entry, file: entry.file ?? base.file }))
  const restricted = new Set(own.allow.map(({ kind }) => kind))
  const verifiers = has('verifiers') && own.verifiers !== undefined ? own.verifiers : base.verifiers
  return {
    version: 1,
    profile: has('profile') ? own.profile : base.profile,
    ...(own.extends === undefined ? {} : { extends: own.extends }),
    trust: has('trust') ? { ...base.trust, ...own.trust } : base.trust,
    evidence: { ...base.evidence, ...own.evidence },
    platforms: has('platforms') ? own.platforms : base.platforms,
    builders: [...base.builders, ...own.builders],
    // Of a kind that both speak of, the own entries are some of the base's.
    allow: [...from(base.allow.filter(({ kind }) => !restricted.has(kind))), ...own.allow],
    require: [...from(base.require), ...own.require],
    rules: mergeRules(base, own),
    acceptUnsupported: has('accept-unsupported') ? own.acceptUnsupported : base.acceptUnsupported,
    inputs: [...base.inputs, ...own.inputs],
    ...(verifiers === undefined ? {} : { verifiers }),
    waivers: [...from(base.waivers), ...own.waivers],
    waiverLimits: has('waiver-limits') ? mergeLimits(base, own) : base.waiverLimits,
    file: own.file,
    given: [...new Set([...(base.given ?? []), ...(own.given ?? [])])].sort(),
  }
}

function mergeRules(base: Policy, own: Policy): Policy['rules'] {
  return Object.fromEntries(
    RULE_IDS.flatMap((id) => {
      const merged: RuleSetting = { ...base.rules[id], ...own.rules[id] }
      return Object.keys(merged).length === 0 ? [] : [[id, merged]]
    }),
  )
}

function mergeLimits({ waiverLimits: base }: Policy, { waiverLimits: own }: Policy): Policy['waiverLimits'] {
  const approvers = own.approvers ?? base.approvers
  return {
    maxDays: Math.min(base.maxDays, own.maxDays),
    solo: base.solo && own.solo,
    ...(approvers === undefined ? {} : { approvers }),
  }
}
