import { basename, join, relative, sep } from 'node:path'
import { listFiles, pathKind, readFileBytes } from '../io/files.ts'
import { CleanbillError } from '../model/error.ts'
import { decodeUtf8 } from '../model/json.ts'
import type { Policy } from '../model/policy.ts'
import type { Explanation, PolicyTestCase } from '../model/policy-documents.ts'
import { parsePackageUrl, samePackage } from '../model/purl.ts'
import { EMPTY_LOCK, type TrustLock } from '../model/trust-lock.ts'
import type { JudgedDependency } from '../model/verdict.ts'
import { parseExpectations, runExpectations } from '../policy/expectations.ts'
import { explain } from '../policy/explain.ts'
import { RULES_TABLE } from '../policy/rules/index.ts'
import { supposeVerified } from '../verify/suppose.ts'
import { type ConfigRequest, LOCK_PATH, POLICY_PATH, readLock, readPolicy, readProjectFile } from './gate/config.ts'
import { readCentralPolicy } from './gate/prepare.ts'
import { openSourceSession } from './gate/session.ts'
import type { GateRequest, GateResult } from './gate.ts'
import type { World } from './world.ts'

/** Files that `policy test` reads. */
const EXPECTATIONS = /\.policy-test\.ya?ml$/

export interface CheckedPolicy {
  readonly policy: Policy
  readonly lock: TrustLock
  readonly policyPath: string
  readonly lockPath: string
  readonly hasPolicy: boolean
  readonly hasLock: boolean
}

/**
 * Reads policy and trust lock as the gate would, and judges nothing.
 *
 * @throws {CleanbillError} what is wrong with them, with line and column
 */
export async function checkPolicy(
  request: Pick<GateRequest, 'root' | 'policyPath' | 'lockPath' | 'profile' | 'offline' | 'cacheDir' | 'githubToken'>,
  world: World,
): Promise<CheckedPolicy> {
  const { root, policyPath = POLICY_PATH, lockPath = LOCK_PATH, profile } = request
  const readRemote: ConfigRequest['readRemote'] = (source, own) =>
    readCentralPolicy(
      source,
      openSourceSession(
        { ...request, policy: own, lock: EMPTY_LOCK, cacheDir: request.cacheDir, githubToken: request.githubToken },
        world,
      ),
    )
  const policyText = await readProjectFile(root, policyPath)
  const lockText = await readProjectFile(root, lockPath)
  const { policy } = await readPolicy(policyText, { root, policyPath, lockPath, profile, readRemote })
  const lock = readLock(lockText, lockPath)
  return { policy, lock, policyPath, lockPath, hasPolicy: policyText !== undefined, hasLock: lockText !== undefined }
}

/**
 * What the policy did to each place where a dependency is named.
 *
 * @param name `pkg:npm/left-pad@1.3.0`, `left-pad`, `left-pad@1.3.0`, or an id as reports print it
 * @throws {CleanbillError} `ARGUMENT_INVALID` when nothing that flows in is called so
 */
export function explainDependency(name: string, result: GateResult): readonly Explanation[] {
  const { verdict, prepared, subjects, lockPath } = result
  const { policy } = prepared.policy
  const found = verdict.dependencies.flatMap((dependency, index): Explanation[] => {
    const subject = subjects[index]
    if (subject === undefined || !isCalled(dependency, name)) return []
    const { state, reason, evidence } = dependency
    return [{ ...explain(subject, policy, lockPath, verdict), state, reason, evidence }]
  })
  if (found.length > 0) return found
  throw new CleanbillError(
    'ARGUMENT_INVALID',
    `nothing that flows in is called ${JSON.stringify(name.slice(0, 200))}`,
    {
      hint: 'cleanbill discover --json lists the ids.',
    },
  )
}

function isCalled({ id, name: own, version = '' }: JudgedDependency, name: string): boolean {
  if (id === name || own === name || `${own}@${version}` === name) return true
  const [wanted, actual] = [parsePackageUrl(name), parsePackageUrl(id)]
  if (wanted === undefined || actual === undefined) return false
  return samePackage(wanted.version === '' ? { ...actual, version: '' } : actual, wanted)
}

/**
 * Holds the policy to a project's own expectations: `*.policy-test.yml` below a folder, or one such file.
 *
 * @throws {CleanbillError} `INPUT_EMPTY` when there is none; `CONFIG_MALFORMED` with line and column
 */
export async function testPolicy(
  path: string,
  checked: CheckedPolicy,
  { host }: World,
): Promise<readonly PolicyTestCase[]> {
  const single = (await pathKind(path)) === 'file'
  const names = single
    ? [path]
    : (await listFiles(path, { onSymlink: () => undefined }))
        .filter((name) => EXPECTATIONS.test(name))
        .map((name) => join(path, name))
  if (names.length === 0) {
    throw new CleanbillError('INPUT_EMPTY', `there are no expectations below ${path}`, {
      as: 'usage',
      hint: 'Write a file whose name ends in .policy-test.yml; docs/policy.md shows one.',
    })
  }
  const results: PolicyTestCase[] = []
  for (const name of names) {
    const file = single ? basename(path) : relative(host.cwd, name).split(sep).join('/')
    const cases = parseExpectations(decodeUtf8(await readFileBytes(name, 8 * 1024 * 1024), file), file)
    const context = {
      policy: checked.policy,
      lock: checked.lock,
      rules: RULES_TABLE,
      now: host.now(),
      suppose: supposeVerified,
    }
    results.push(...runExpectations(cases, context).map((one) => ({ ...one, file })))
  }
  return results
}
