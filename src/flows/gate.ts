import { join } from 'node:path'
import { writeFileAtomic } from '../io/files.ts'
import { isCommit } from '../model/digest.ts'
import type { Limit } from '../model/error.ts'
import type { GateMeta } from '../model/gate-document.ts'
import type { Profile, RuleId } from '../model/rules.ts'
import type { TrustLock } from '../model/trust-lock.ts'
import type { Verdict } from '../model/verdict.ts'
import { findFirstSights } from '../policy/first-sight.ts'
import { isRuleOn } from '../policy/levels.ts'
import { lockWidened } from '../policy/lock-widened.ts'
import { type LockChange, proposeLock } from '../policy/propose-lock.ts'
import type { Subject } from '../policy/rule.ts'
import { RULES_TABLE } from '../policy/rules/index.ts'
import { formatTrustLock } from '../policy/trust-lock.ts'
import type { Approval } from '../policy/waivers.ts'
import type { SourceSession } from '../source/source.ts'
import type { VerifyThreads } from '../verify/verify-parallel.ts'
import { approvalsOf } from './gate/approval.ts'
import { LOCK_PATH, POLICY_PATH } from './gate/config.ts'
import { type KnownFacts, loadFacts } from './gate/facts-statement.ts'
import { type Investigated, type Investigation, investigate } from './gate/investigate.ts'
import { type GateJob, readGateJob } from './gate/job.ts'
import { judge, notIn } from './gate/judge.ts'
import { findPipelineFiles, questionsAbout, withReviews } from './gate/pipeline-files.ts'
import { type Prepared, prepare } from './gate/prepare.ts'
import { type Configured, openSourceSession } from './gate/session.ts'
import { startStopwatch } from './gate/stopwatch.ts'
import { hasForeignDigests } from './gate/targets.ts'
import { openTrust, type TrustShelf } from './gate/trust.ts'
import { openVerifier } from './gate/verifier.ts'
import { runNegativeControl } from './negative-control.ts'
import type { World } from './world.ts'

export interface GateRequest {
  /** Folder of the project, absolute. */
  readonly root: string
  /** From the root. Default: `.github/cleanbill.yml`, `cleanbill.lock`. */
  readonly policyPath?: string | undefined
  readonly lockPath?: string | undefined
  readonly profile?: Profile | undefined
  readonly all: boolean
  readonly base?: string | undefined
  readonly offline: boolean
  /** Folder with attestations, absolute. */
  readonly evidence?: string | undefined
  /** Facts statements of earlier runs, absolute. */
  readonly facts: readonly string[]
  readonly trustedRoots: readonly string[]
  readonly npmKeys?: string | undefined
  readonly githubToken?: string | undefined
  /** Bundles are kept here; absent: nothing is. */
  readonly cacheDir?: string | undefined
  /** Write the proposed lock. */
  readonly updateLock: boolean
  /** Absent: everything is verified in this thread. */
  readonly threads?: VerifyThreads | undefined
  readonly version: string
}

export interface GateResult {
  readonly verdict: Verdict
  /** The same evidence and facts, judged under another profile. What that one would have asked beside them is not asked. */
  readonly under: (profile: Profile) => Verdict
  readonly meta: GateMeta
  readonly prepared: Prepared
  /** From the root. */
  readonly lockPath: string
  readonly subjects: readonly Subject[]
  readonly learned: Pick<Investigated, 'questions' | 'facts'>
  /** What the lock should say after this run. */
  readonly proposal: { readonly lock: TrustLock; readonly changes: readonly LockChange[] }
}

/**
 * The gate: what flows in, what vouches for it, what the policy says of that. Nothing is installed, and no code of a
 * dependency runs. A bad dependency is in the verdict; thrown is what kept us from judging.
 *
 * @throws {CleanbillError} of class `usage` or `tool` only
 */
export async function runGate(request: GateRequest, world: World): Promise<GateResult> {
  const clock = startStopwatch(world.host)
  const { root, policyPath = POLICY_PATH, lockPath = LOCK_PATH, offline, cacheDir, githubToken } = request
  const openSession = (configured: Configured, there?: Configured) =>
    openSourceSession({ ...configured, there, offline, cacheDir, githubToken }, world)
  const config = { root, policyPath, lockPath, profile: request.profile }
  const job = await readGateJob(world)
  const prepared = await prepare({ config, base: request.base, all: request.all, openSession, job }, world)
  const { base, policy } = prepared
  const policies = [policy.policy, ...(base === undefined ? [] : [base.policyThere.policy])]
  clock.lap('discover')
  if (policies.some(({ profile }) => profile !== 'baseline')) runNegativeControl()
  const trust = openTrust({ ...request, ...policy }, world.host)
  const trustThere = base?.session && openTrust({ ...request, ...base.policyThere, readNamed: base.read }, world.host)
  // What an own gate signed is held to the roots that counted when this change began.
  const known = await loadFacts(request.facts, job?.facts, trustThere ?? trust, world)
  clock.lap('prepare')
  const isOn = (rule: RuleId) => policies.some((one) => isRuleOn(rule, one))
  const own = isOn('reviewed-source')
    ? await findPipelineFiles({ root, policyPath, lockPath, base: base?.commit }, job, world)
    : []
  const asked = {
    ...{ root, evidence: request.evidence, threads: request.threads, knownFacts: known.answer, isOn },
    ownQuestions: questionsAbout(own, world.github),
  }
  const here = { policy: policy.policy, lock: prepared.lock, session: prepared.session, trust }
  const { subjects, ...learned } = await lookInto(prepared, here, asked, world, () => clock.lap('evidence'))
  const there = base?.session &&
    trustThere && { policy: base.policyThere.policy, lock: prepared.lock, session: base.session, trust: trustThere }
  const subjectsThere = there && (await lookInto(prepared, there, asked, world)).subjects
  clock.lap('facts')
  const approvals = await askApprovals(prepared, job, world)
  const pipelineFiles = withReviews(own, world.github, learned.facts)
  const options = {
    now: world.host.now(),
    approvals,
    author: job?.pull?.author,
    lockPath,
    subjectsThere,
    pipelineFiles,
  }
  const limits = limitsOf(subjects, known, world)
  const under = (profile: Profile) => withLimits(judge(withProfile(prepared, profile), subjects, options), limits)
  const verdict = withLimits(judge(prepared, subjects, options), limits)
  const judging = { policy: policy.policy, rules: RULES_TABLE, now: options.now }
  const proposal = proposeLock(prepared.lock, subjects, findFirstSights(subjects, judging))
  clock.lap('evaluate')
  if (request.updateLock) await writeFileAtomic(join(root, lockPath), formatTrustLock(proposal.lock))
  const meta = toMeta(request, prepared, clock.read(), lockPath)
  return { verdict, under, meta, prepared, lockPath, subjects, learned, proposal }
}

/** By whose policy evidence is looked up and believed: that of the change, or that of its base. */
interface Way extends Configured {
  readonly session: SourceSession
  readonly trust: TrustShelf
}

async function lookInto(
  { judged: { dependencies }, changes }: Prepared,
  way: Way,
  {
    threads,
    ...asked
  }: Pick<Investigation, 'root' | 'evidence' | 'isOn' | 'knownFacts' | 'ownQuestions'> & Pick<GateRequest, 'threads'>,
  world: World,
  fetched: () => void = () => undefined,
): Promise<Investigated> {
  const { verify, close } = openVerifier(way.trust, threads)
  try {
    return await investigate({ ...way, ...asked, dependencies, changes, verify }, world, fetched)
  } finally {
    await close()
  }
}

/** Asked only where the answer matters: a pull request whose lock accepts more than its base's, or that waives. */
async function askApprovals(
  { base, policy, lock, session }: Prepared,
  job: GateJob | undefined,
  { github }: World,
): Promise<readonly Approval[] | undefined> {
  if (base === undefined || job?.pull === undefined || github === undefined) return undefined
  const there = base.policyThere.policy
  const waives = policy.policy.waivers.some(notIn(there.waivers))
  if (!waives && lockWidened(base.lockThere, lock).length === 0) return undefined
  // An origin that the change proposes could approve it.
  const { client, origin } = base.session ?? session
  const pull = { ...job.pull, api: origin('github'), repository: github.repository }
  const named = [there, policy.policy].flatMap(({ waiverLimits }) => waiverLimits.approvers ?? [])
  const teams = waives ? [...new Set(named)].filter((name) => name.includes('/')) : []
  return await approvalsOf(pull, teams, client)
}

function withProfile(prepared: Prepared, profile: Profile): Prepared {
  const { policy, base } = prepared
  const set = ({ policy: one, ...rest }: Prepared['policy']) => ({ ...rest, policy: { ...one, profile } })
  return { ...prepared, policy: set(policy), base: base && { ...base, policyThere: set(base.policyThere) } }
}

function withLimits(verdict: Verdict, more: readonly Limit[]): Verdict {
  return { ...verdict, limits: [...verdict.limits, ...more] }
}

function toMeta(
  { version }: GateRequest,
  { policy, lockText, session, base }: Prepared,
  durations: GateMeta['durations'],
  lockPath: string,
): GateMeta {
  const requests: Record<string, number> = {}
  for (const { client } of [session, ...(base?.session === undefined ? [] : [base.session])]) {
    for (const [source, count] of Object.entries(client.counts())) {
      requests[source] = (requests[source] ?? 0) + count.requests
    }
  }
  return {
    version,
    policy: policy.policy.file,
    lock: lockText === undefined ? undefined : lockPath,
    requests,
    durations,
  }
}

/** What this run could not have seen, whatever the policy says. */
function limitsOf(subjects: readonly Subject[], { untrusted }: KnownFacts, { github, host }: World): readonly Limit[] {
  const foreign = subjects.filter(({ dependency, evidence }) => {
    return hasForeignDigests(dependency) && evidence.accepted.length > 0
  })
  const limits: Limit[] = []
  if (github?.eventName === 'pull_request') {
    limits.push({
      code: 'GATE_EDITABLE_BY_PR',
      message: 'This workflow comes from the pull request that is judged, which could have removed the gate.',
    })
  }
  // The runner's own words for what stands in `uses:`; a step that only runs a command has neither.
  const { GITHUB_ACTION_REPOSITORY: action, GITHUB_ACTION_REF: ref } = host.env
  if (action && ref && !isCommit(ref)) {
    limits.push({
      code: 'GATE_REF_MUTABLE',
      message: `The gate ran as ${action}@${ref}: whoever can move that tag or branch can replace the gate.`,
    })
  }
  for (const why of untrusted) limits.push({ code: 'FACTS_UNTRUSTED', message: `Facts were asked anew: ${why}` })
  if (foreign.length > 0) {
    limits.push({
      code: 'DIGEST_FROM_REGISTRY',
      message: `For ${foreign.length} dependencies the lock has a checksum of its own kind; the evidence is about the digest that the registry states.`,
    })
  }
  return limits
}
