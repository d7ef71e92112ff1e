import type { ErrorCode } from '../../model/error.ts'
import type { FindingCode } from '../../model/finding-codes.ts'
import { matchesGlob } from '../../model/glob.ts'
import { foreignRunner } from '../../model/recorded-runner.ts'
import type { LockedSigner } from '../../model/trust-lock.ts'
import { countingSigners, isAccepted, lockedSigners, type Signed } from '../counting-signers.ts'
import { contextState, nameOf, once, show, unknownOf } from '../objections.ts'
import { sourceClaims } from '../pipeline-identity.ts'
import type { Objection, Rule, RuleContext, Subject } from '../rule.ts'
import { tagHasVersion } from '../source-ref.ts'

/** Triggers under which code of strangers can run with the rights of the repository (T-ID-05). */
const DENIED_TRIGGERS = ['pull_request', 'pull_request_target', 'issue_comment', 'workflow_run']
/** Runners that are thrown away after one job (T-ID-07). */
const HOSTED = ['github-hosted', 'gitlab-hosted']

/**
 * R3. The run that signed was allowed to release: its ref, its trigger, its runner. The same repository and workflow can
 * sign from a throw-away branch (the snapshot worm of June 2026), and the signature is valid.
 *
 * A signer that the trust lock accepts in every field was reviewed, so that only the version of its tag is left to check.
 */
export const refAllowList: Rule = {
  id: 'ref-allow-list',
  docs: 'docs/rules.md#ref-allow-list',
  check: (subject, context) => {
    const locked = lockedSigners(subject)
    return once(
      countingSigners(subject).flatMap((signed) => [
        ...(isAccepted(signed, locked)
          ? []
          : [
              ...checkTrigger(subject, context, locked, signed),
              ...checkRunner(subject, locked, signed),
              ...checkRef(subject, context, locked, signed),
            ]),
        ...checkTag(subject, context, locked, signed),
      ]),
    )
  },
}

function checkTrigger(subject: Subject, { setting }: RuleContext, locked: readonly LockedSigner[], signed: Signed) {
  const { trigger } = sourceClaims(signed.accepted.attestation.signer)
  if (trigger !== undefined) {
    if (setting.triggers?.includes(trigger) || locked.some(({ triggers }) => triggers.includes(trigger))) return []
    if (!DENIED_TRIGGERS.includes(trigger)) return []
  }
  return [
    denied(
      subject,
      'TRIGGER_DENIED',
      `was signed by a run that ${trigger === undefined ? 'names no trigger' : `${show(trigger)} triggered`}, not by a push, a release or a person`,
      'Under such a trigger strangers can bring code into the run; "triggers" of this rule or a reviewed cleanbill.lock allows it.',
    ),
  ]
}

function checkRunner(subject: Subject, locked: readonly LockedSigner[], { accepted, signer }: Signed): Objection[] {
  const foreign = foreignRunner(accepted.attestation.statement)
  const runner = foreign ?? signer.runner
  if (foreign === undefined && runner !== undefined) {
    if (HOSTED.includes(runner) || locked.some((one) => one.runner === runner)) return []
  }
  return [
    denied(
      subject,
      'RUNNER_DENIED',
      `was built on a ${runner === undefined ? 'runner of which the certificate says nothing' : `runner that is ${show(runner)}`}, not on a hosted one`,
      'What ran on a self-hosted runner before can reach the build; a reviewed cleanbill.lock accepts it.',
    ),
  ]
}

/** Default branch, tag, pattern of the lock or of the policy (T-ID-06). */
function checkRef(
  subject: Subject,
  { setting }: RuleContext,
  locked: readonly LockedSigner[],
  { accepted, index }: Signed,
): readonly Objection[] {
  const { ref } = sourceClaims(accepted.attestation.signer)
  const patterns = [...(setting.refs ?? []), ...locked.flatMap(({ refs }) => refs)]
  if (ref !== undefined) {
    if (ref.startsWith('refs/tags/') || patterns.some((pattern) => matchesGlob(pattern, ref))) return []
    const repository = subject.facts.sources[index]?.repository
    if (repository?.kind === 'known') {
      if (ref === `refs/heads/${repository.value.defaultBranch}`) return []
    } else if (locked.length === 0) {
      return repository === undefined
        ? []
        : unknownOf(repository, `whether ${show(ref)} is the default branch that may release ${nameOf(subject)}`)
    }
  }
  return [
    denied(
      subject,
      'REF_DENIED',
      `was signed from ${ref === undefined ? 'a ref that the certificate does not name' : show(ref)}, which is no tag, not the default branch${patterns.length > 0 ? ` and none of ${patterns.map((one) => show(one)).join(', ')}` : ''}`,
      'A branch that anybody with push rights can make proves little; "refs" of this rule or a reviewed cleanbill.lock allows it.',
    ),
  ]
}

/**
 * The tag of another version: evidence of 1.2.3 under 1.2.4. The lock's own patterns (`v*`) cannot tell the two apart; a
 * tag that stands there in full was seen and reviewed.
 */
function checkTag(
  subject: Subject,
  { setting }: RuleContext,
  locked: readonly LockedSigner[],
  { accepted }: Signed,
): Objection[] {
  const { ref } = sourceClaims(accepted.attestation.signer)
  const { kind, version } = subject.dependency
  if (kind !== 'package' || version === undefined || ref === undefined || !ref.startsWith('refs/tags/')) return []
  if (locked.some(({ refs }) => refs.includes(ref))) return []
  if (tagHasVersion(ref, version) || setting.refs?.some((pattern) => matchesGlob(pattern, ref))) return []
  return [
    denied(
      subject,
      'REF_DENIED',
      `was signed from ${show(ref)}, which is not the tag of version ${show(version)}`,
      'If the project tags in another way, name its tags under "refs" of this rule.',
    ),
  ]
}

function denied(subject: Subject, code: FindingCode | ErrorCode, why: string, hint: string): Objection {
  return {
    outcome: 'fire',
    code,
    message: `${nameOf(subject)} ${why}`,
    hint,
    weight: 'context',
    state: contextState(subject),
  }
}
