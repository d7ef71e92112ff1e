import { join } from 'node:path'
import { writeFileAtomic } from '../io/files.ts'
import { CleanbillError } from '../model/error.ts'
import { countEcosystems, type InitResult } from '../model/init-document.ts'
import { formatPolicy } from '../policy/format-policy.ts'
import { defaultPolicy, parsePolicy } from '../policy/parse-policy.ts'
import { formatTrustLock } from '../policy/trust-lock.ts'
import { LOCK_PATH, POLICY_PATH, readProjectFile } from './gate/config.ts'
import { type GateRequest, runGate } from './gate.ts'
import type { World } from './world.ts'

export type InitRequest = Omit<GateRequest, 'all' | 'base' | 'updateLock'>

/**
 * Writes a policy and a trust lock from today's state, so that `gate` passes right after and objects to what changes from
 * then on. What is there already is kept: a policy is the project's own, and a lock was reviewed.
 *
 * @throws {CleanbillError} what `runGate` throws
 */
export async function initProject(request: InitRequest, world: World): Promise<InitResult> {
  const { root, policyPath = POLICY_PATH, lockPath = LOCK_PATH } = request
  const there = { policy: await readProjectFile(root, policyPath), lock: await readProjectFile(root, lockPath) }
  if (there.policy !== undefined && request.profile !== undefined) {
    throw new CleanbillError('ARGUMENT_INVALID', `${policyPath} is there already and has a profile of its own`, {
      hint: 'Change profile: in that file.',
    })
  }
  const gate = { ...request, all: true, base: undefined, updateLock: false }
  const result = await runGate(gate, world)
  const { verdict, proposal, prepared } = result
  if (there.policy === undefined) {
    const sources = new Set(result.subjects.map(({ dependency }) => dependency.source))
    const own = { ...defaultPolicy(request.profile ?? 'recommended'), acceptUnsupported: ownSources(sources) }
    const text = formatPolicy(own)
    // What is written is read again: a policy that this program cannot read would stop the next run.
    parsePolicy(text, policyPath)
    await writeFileAtomic(join(root, policyPath), text)
  }
  const written = there.lock === undefined
  if (written) await writeFileAtomic(join(root, lockPath), formatTrustLock(proposal.lock))
  const lock = written ? proposal.lock : prepared.lock
  return {
    policy: { path: policyPath, written: there.policy === undefined },
    lock: {
      path: lockPath,
      written,
      entries: lock.entries.length,
      signers: lock.entries.reduce((sum, { signers }) => sum + signers.length, 0),
    },
    counts: verdict.counts,
    total: verdict.total,
    ecosystems: countEcosystems(verdict),
    findings: verdict.findings,
    limits: verdict.limits,
  }
}

/** Members of the project's own workspace are its own code: nobody else could vouch for them. */
function ownSources(sources: ReadonlySet<string>): readonly string[] {
  return ['workspace', 'link'].filter((source) => sources.has(source))
}
