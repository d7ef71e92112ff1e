import type { Dependency, Discovery, NoticeCode } from '../../src/model/dependency.ts'
import type { AcceptedAttestation, RegistryRecord, RegistryWord, SourceError } from '../../src/model/evidence.ts'
import {
  type ArchiveFact,
  type DependencyFacts,
  type Fact,
  NO_FACTS,
  NOT_ASKED,
  type RunFact,
  type SourceFacts,
  type TreeFact,
  type UnknownCode,
} from '../../src/model/facts.ts'
import type { KeylessIdentity } from '../../src/model/identity.ts'
import type { RuleSetting } from '../../src/model/policy.ts'
import type { Profile, RuleId } from '../../src/model/rules.ts'
import type { LockEntry, LockedSigner } from '../../src/model/trust-lock.ts'
import { signerOf } from '../../src/policy/locked-signer.ts'
import { defaultPolicy } from '../../src/policy/parse-policy.ts'
import type { Objection, Pipeline, PipelineObjection, RuleContext, Subject } from '../../src/policy/rule.ts'
import { RULES_TABLE } from '../../src/policy/rules/index.ts'
import { runDependencyRules } from '../../src/policy/run-rules.ts'
import { accepted, dependencyOf, evidenceOf, NOW, RECORD, signerWith, subjectOf, verified } from '../policy/support.ts'

/** Everything that a rule needs, with defaults of a package that is in order: `pkg:npm/%40acme/app@1.2.3`. */
export { accepted, dependencyOf, evidenceOf, NOW, RECORD, signerWith, subjectOf, verified }

export const known = <T>(value: T): Fact<T> => ({ kind: 'known', value, observedAt: NOW.toISOString(), from: 'api' })

export const unknown = (code: UnknownCode = 'CONTEXT_UNKNOWN'): Fact<never> => ({
  kind: 'unknown',
  code,
  message: 'the simulated answer was 502',
})

/** Provenance by these claims, signed at this time. */
export function attested(
  claims: Partial<KeylessIdentity['claims']> = {},
  more: { readonly at?: string; readonly file?: string; readonly predicateType?: string } = {},
): AcceptedAttestation {
  const { at = '2026-09-01T00:00:00Z', file, predicateType } = more
  const statement = predicateType === undefined ? {} : { predicateType }
  return accepted(verified(statement, signerWith(claims), { times: [at] }), file === undefined ? {} : { file })
}

/** What the lock has after a first look at such an attestation. */
export function lockedFrom(attestation: AcceptedAttestation = attested(), version = '1.2.3'): LockedSigner {
  return signerOf(attestation.attestation, version)
}

export function lockOf(more: Partial<LockEntry> = {}): LockEntry {
  const signers = [lockedFrom()]
  return { ecosystem: 'npm', name: '@acme/app', line: '1', best: 'provenance', first: '1.0.0', signers, ...more }
}

/** A subject with this evidence; the lock knows it unless told otherwise. */
export function signedSubject(all: readonly AcceptedAttestation[], more: Partial<Subject> = {}): Subject {
  return subjectOf({ evidence: evidenceOf({ accepted: all }), ...more })
}

export const recordOf = (more: Partial<RegistryRecord> = {}): RegistryRecord => ({ ...RECORD, ...more })

export const vouched = (more: Partial<RegistryRecord> = {}): RegistryWord => ({
  kind: 'vouched',
  basis: 'signature',
  record: recordOf(more),
})

export const sourceError = (more: Partial<SourceError> = {}): SourceError => ({
  source: 'npm',
  fault: 'unreachable',
  message: 'connection refused',
  ...more,
})

export const factsOf = (more: Partial<DependencyFacts> = {}): DependencyFacts => ({ ...NO_FACTS, ...more })

const NOTHING_ASKED: SourceFacts = {
  repository: NOT_ASKED,
  reachability: NOT_ASKED,
  run: NOT_ASKED,
  review: NOT_ASKED,
  tree: NOT_ASKED,
}

/** Facts about the source of the first attestation. */
export const sourceOf = (more: Partial<SourceFacts>): DependencyFacts =>
  factsOf({ sources: [{ ...NOTHING_ASKED, ...more }] })

/** Facts of a source in good order, as far as R3 to R6 ask. */
export const GOOD_SOURCE: SourceFacts = {
  repository: known({ id: '42', ownerId: '7', defaultBranch: 'main' }),
  reachability: known({ reachableFrom: 'refs/heads/main', tags: [] }),
  run: known(runOf()),
  review: known({ pullRequests: [{ number: 5, merged: true, author: 'alice', approvers: ['bob'] }] }),
  tree: NOT_ASKED,
}

/** A run whose one step lasted from five minutes before the default time of signing to five minutes after it. */
export function runOf(more: Partial<RunFact> = {}): RunFact {
  return {
    conclusion: 'success',
    event: 'push',
    headSha: 'b'.repeat(40),
    path: '.github/workflows/release.yml',
    startedAt: '2026-08-31T23:55:00Z',
    updatedAt: '2026-09-01T00:05:00Z',
    jobs: [jobOf([stepOf('Publish', 'success')])],
    ...more,
  }
}

export function stepOf(
  name: string,
  conclusion: string,
  startedAt = '2026-08-31T23:55:00Z',
  completedAt = '2026-09-01T00:05:00Z',
) {
  return { name, conclusion, startedAt, completedAt }
}

export function jobOf(steps: RunFact['jobs'][number]['steps'], conclusion = 'success'): RunFact['jobs'][number] {
  const [startedAt, completedAt] = ['2026-08-31T23:55:00Z', '2026-09-01T00:05:00Z']
  return { name: 'release', conclusion, startedAt, completedAt, steps }
}

/** Paths, with a size where it is not 100. */
type Listing = readonly (string | readonly [string, number])[]

const listed = (paths: Listing) =>
  paths.map((path) => (typeof path === 'string' ? { path, bytes: 100 } : { path: path[0], bytes: path[1] }))

export const archiveOf = (paths: Listing, more: Partial<ArchiveFact> = {}): ArchiveFact => ({
  files: listed(paths),
  entryPoints: [],
  truncated: false,
  ...more,
})

export const treeOf = (paths: Listing, more: Partial<TreeFact> = {}): TreeFact => ({
  paths: listed(paths),
  truncated: false,
  ...more,
})

export function contextOf(rule: RuleId, setting: RuleSetting = {}, profile: Profile = 'recommended'): RuleContext {
  const policy = defaultPolicy(profile)
  return { profile, policy: { ...policy, rules: { ...policy.rules, [rule]: setting } }, setting, now: NOW }
}

/** What the rule of the table says, as the evaluation asks it: options that mean the same in every rule are applied there. */
export function askRule(id: RuleId, subject: Subject, setting: RuleSetting = {}): readonly Objection[] {
  const rule = RULES_TABLE.find((one) => one.id === id)
  if (rule?.check === undefined) throw new Error(`${id} checks no dependency`)
  if (rule.docs !== `docs/rules.md#${id}`) throw new Error(`${id} sends its readers to ${rule.docs}`)
  return runDependencyRules(subject, { rules: [rule], policy: contextOf(id, setting).policy, now: NOW })
}

export function askPipeline(id: RuleId, pipeline: Pipeline): readonly PipelineObjection[] {
  const rule = RULES_TABLE.find((one) => one.id === id)
  if (rule?.checkPipeline === undefined) throw new Error(`${id} checks no pipeline`)
  if (rule.docs !== `docs/rules.md#${id}`) throw new Error(`${id} sends its readers to ${rule.docs}`)
  return rule.checkPipeline(pipeline, contextOf(id))
}

export const noticed = (...codes: readonly NoticeCode[]): Discovery => ({
  files: [],
  dependencies: [],
  notices: codes.map((code, at) => ({ code, message: 'seen', file: '.github/workflows/ci.yml', line: at + 1 })),
  skipped: [],
})

/** `CODE`, `CODE unknown`, `CODE unusual` …: what an objection amounts to, without its words. */
export function gist(objections: readonly Objection[]): readonly string[] {
  return objections.map(({ code, outcome, weight = 'absolute', state }) =>
    [
      code,
      ...(outcome === 'fire' ? [] : [outcome]),
      ...(weight === 'absolute' ? [] : [weight]),
      ...(state === undefined ? [] : [state]),
    ].join(' '),
  )
}

/** What people read when a rule objects: the names, numbers and places in it come from what was seen. */
export const messagesOf = (id: RuleId, subject: Subject, setting: RuleSetting = {}): readonly string[] =>
  askRule(id, subject, setting).map(({ message }) => message)

/** The message of the one objection that there is. */
export function messageOf(id: RuleId, subject: Subject, setting: RuleSetting = {}): string {
  const [message, ...others] = messagesOf(id, subject, setting)
  if (message === undefined || others.length > 0)
    throw new Error(`${id} has ${message === undefined ? 'no' : 'more than one'} objection`)
  return message
}

/** A `uses:` of somebody else's action. */
export function usesOf(ref: string, more: Partial<Dependency> = {}): Dependency {
  const commit = /^[0-9a-f]{40}$/.test(ref)
  return {
    ...dependencyOf(`pkg:github/acme/action@${ref}`),
    kind: 'action',
    source: 'git',
    scope: 'ci',
    location: `acme/action@${ref}`,
    file: '.github/workflows/ci.yml',
    digests: commit ? { gitCommit: ref } : {},
    ...more,
  }
}
