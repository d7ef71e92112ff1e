import type { FindingCode } from '../model/finding-codes.ts'
import type { RuleId } from '../model/rules.ts'
import { PROJECT_URI } from '../model/uris.ts'
import type { EvidenceState, Finding } from '../model/verdict.ts'

/** What a state means, for somebody who has never heard of attestations. */
export const STATE_WORDS: Readonly<Record<EvidenceState, string>> = {
  invalid: 'its proof does not hold, or its registry has other bytes: do not install it',
  changed: 'signed, but by somebody else, or in another way, than before',
  lost: 'was signed before, is not any more',
  unreachable: 'its registry could not be asked: nothing is known',
  unreadable: 'proof may exist, but this token may not see it',
  absent: 'nobody signed it, and no registry vouches for these bytes',
  unsupported: 'nothing here can check this kind of dependency',
  waived: 'let through by a waiver in the policy',
  registered: 'its registry vouches for these bytes; who built them is not proven',
  verified: 'signed by its builder, and the policy accepts the signer',
}

/** Heading over all findings of one code. A sentence about one dependency or place, without its name. */
const HEADLINES: Readonly<Record<FindingCode, string>> = {
  ATTESTATION_LOST: 'Earlier versions were signed, this one is not',
  SIGNER_CHANGED: 'Signed by somebody else than before',
  SOURCE_UNREACHABLE: 'Its registry could not be asked',
  SOURCE_TRUNCATED: 'Its registry gave an incomplete answer',
  EVIDENCE_UNREADABLE: 'This token may not see its proof',
  UNSUPPORTED: 'This kind of dependency cannot be checked',
  REGISTRY_DIGEST_MISMATCH: 'The lockfile has other bytes than the registry',
  REGISTRY_SIGNATURE_INVALID: "The registry's signature does not hold",
  REGISTRY_NOT_VOUCHED: 'No registry vouches for these bytes',
  DIGEST_MISSING: 'The lockfile does not pin its bytes',
  TRIGGER_DENIED: 'Built by an event that is not allowed',
  COMMIT_UNREACHABLE: 'Built from a commit that is on no branch that counts',
  TAG_MUTABLE: 'Only a tag that can be moved leads to its commit',
  UNREVIEWED: 'Nobody but the author approved its source',
  RUN_FAILED: 'The run that published it did not succeed',
  RUN_FAILED_LATER: 'Its run failed after it was published',
  TOO_YOUNG: 'Published too recently',
  REBUILD_DIFFERS: 'An independent rebuild gave something else',
  REBUILD_MISSING: 'Nobody has rebuilt it independently',
  CONTEXT_UNKNOWN: 'Where it was built could not be looked up',
  NOT_ASKED_BUDGET: "Not looked up: the API token's quota is used up",
  RUN_IN_PROGRESS: 'The run that published it has not ended yet',
  RUN_OUTCOME_EXPIRED: 'Older than the records of its run',
  FACTS_UNTRUSTED: 'A facts statement does not count',
  SOURCE_NOT_REGISTRY: 'Comes from outside the known registries',
  INDEX_CHANGED: 'Comes from another package index than before',
  NEW_UNATTESTED: 'A new dependency that nobody signed',
  UNPINNED_ACTION: 'An action is not pinned to a commit',
  PIN_COMMENT_MISMATCH: 'The version comment is not the pinned commit',
  CACHE_RESTORED: 'A job that releases restores a cache',
  ARCHIVE_DRIFT: 'The package holds files that its source does not',
  SOURCE_MISSING: 'Its source cannot be found',
  NEW_INSTALL_SCRIPT: 'Runs a new script when it is installed',
  NEW_ENTRY_POINT: 'Runs new code without being imported',
  REVISION_MUTABLE: 'A model or data set is not pinned to a revision',
  MODEL_CODE: 'A model runs code when it is loaded',
  MODEL_UNSIGNED: 'Nobody signed this model or data set',
  OWNER_CHANGED: 'Another owner than before',
  REVOKED: 'Known to be bad',
  GATE_TOO_LATE: 'Something was installed before the gate',
  GATE_SKIPPABLE: 'The gate can be left out, and that counts as passed',
  RUNTIME_DOWNLOAD: 'Downloaded at run time without a check',
  UNLOCKED_INSTALL: 'Installed without a lockfile',
  UNLOCKED_MANIFEST: 'Dependencies without a lockfile',
  RESOLVED_MISMATCH: 'The lockfile names one package and downloads another',
  EXTRA_INDEX: 'A further package index is asked',
  LOCAL_MISSING: 'A local action is not there',
  CONTRADICTION: 'The lockfile contradicts itself',
  FILE_UNREAD: 'A dependency file could not be read',
  NOT_ALLOWED: 'Not on the list of what is allowed',
  QUORUM_MISSING: 'Too few verifiers vouch for it',
  ATTESTATION_CONFLICT: 'Its proofs contradict each other',
  WAIVER_INVALID: 'A waiver does not count',
  WAIVER_EXPIRED: 'A waiver has expired',
  POLICY_WEAKENED: 'This change loosens the policy that judges it',
  POLICY_ERROR: 'A rule could not be evaluated',
  RULE_VACUOUS: 'A rule of the policy applies to nothing',
}

/** Codes of refused evidence (`docs/errors.md`) have no heading of their own; the rule says what they were refused for. */
const BY_RULE: Partial<Record<RuleId, string>> = {
  'missing-provenance': 'The policy asks for proof that is not there',
  'required-signer': 'Not from where, or not by whom, the policy asks',
  'ref-allow-list': 'Built from a branch or tag that is not allowed',
}

export function headline({ rule, code }: Pick<Finding, 'rule' | 'code'>): string {
  // Sound: a code that is none of ours has no row, and undefined is handled.
  const own = (HEADLINES as Readonly<Record<string, string | undefined>>)[code]
  return own ?? BY_RULE[rule] ?? 'Its proof was refused'
}

const DOCS = `${PROJECT_URI}/blob/main/docs`
export const FINDINGS_PAGE = `${DOCS}/findings.md`
export const LIMITS_PAGE = `${DOCS}/limits.md`
/** The page has one heading for each rule. */
export const ruleDocs = (rule: RuleId): string => `${DOCS}/rules.md#${rule}`

/** `1,204`: the same in every locale of a runner. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}

export function plural(n: number, one: string, many: string): string {
  return `${grouped(n)} ${n === 1 ? one : many}`
}
