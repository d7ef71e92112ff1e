import { declaredDependencies } from '../../discover/declared.ts'
import { findDependencies } from '../../discover/find-dependencies.ts'
import { readUses } from '../../discover/read-uses.ts'
import type { Discovery, Notice } from '../../model/dependency.ts'
import { CleanbillError, isCleanbillError } from '../../model/error.ts'
import type { Policy } from '../../model/policy.ts'
import { EMPTY_LOCK, type TrustLock } from '../../model/trust-lock.ts'
import type { ExtendsReference } from '../../policy/parse-policy.ts'
import { expandActions, type RemoteFiles } from '../../source/remote-actions.ts'
import { readRemoteFile } from '../../source/remote-file.ts'
import type { SourceSession } from '../../source/source.ts'
import type { World } from '../world.ts'
import { type Base, loadBase } from './base.ts'
import { type Changed, compareDiscoveries } from './changes.ts'
import { type ConfigRequest, type LoadedPolicy, readLock, readPolicy, readProjectFile } from './config.ts'
import type { GateJob } from './job.ts'
import type { Configured } from './session.ts'
import { replacedTrustFiles, trustsOtherwise } from './trust.ts'

/** What will be judged, and by what. */
export interface Prepared {
  readonly policy: LoadedPolicy
  readonly lock: TrustLock
  readonly lockText: string | undefined
  readonly base: PreparedBase | undefined
  /** Everything that flows in. */
  readonly found: Discovery
  /** The part of it that is judged: all, or what differs from the base. */
  readonly judged: Discovery
  /** By index of `judged.dependencies`; undefined without a base. */
  readonly changes: readonly Changed[] | undefined
  readonly session: SourceSession
}

export interface PreparedBase extends Base {
  /** What stood there judges too: a pull request must not choose its own judge (T-PP-08). */
  readonly policyThere: LoadedPolicy
  readonly lockThere: TrustLock
  /** Trusted roots and keys of its policy that are other files now. */
  readonly replaced: readonly string[]
  /**
   * Where the change has another say on what is believed (roots, keys, origins, platforms): evidence is then looked up
   * and verified the base's way as well. Undefined where both ways are one.
   */
  readonly session: SourceSession | undefined
}

export interface PrepareRequest {
  readonly config: Omit<ConfigRequest, 'readRemote' | 'readNamed'>
  readonly base: string | undefined
  readonly all: boolean
  /** Opened with the policy, since it says where evidence is. */
  readonly openSession: (configured: Configured, there?: Configured) => SourceSession
  /** Undefined outside a CI system. */
  readonly job: GateJob | undefined
}

/**
 * Reads policy, trust lock and base, and finds what flows in.
 *
 * When policy or lock differ from the base, everything is judged and not only what changed: a new signer or a dropped
 * rule is about entries that did not change.
 *
 * @throws {CleanbillError} `INPUT_EMPTY`, `BASE_UNREADABLE`, `LOCK_MALFORMED`, and what `readPolicy` throws
 */
export async function prepare(request: PrepareRequest, world: World): Promise<Prepared> {
  const { config, openSession } = request
  const { root, policyPath, lockPath } = config
  const policyText = await readProjectFile(root, policyPath)
  const lockText = await readProjectFile(root, lockPath)
  const base = await loadBase({ root, base: request.base, all: request.all, policyPath, lockPath }, request.job, world)
  const configThere = base === undefined ? undefined : await configOf(base, request)
  const there = configThere && { policy: configThere.policyThere.policy, lock: configThere.lockThere }
  const readRemote: ConfigRequest['readRemote'] = (source, own) =>
    readCentralPolicy(source, openSession({ policy: own, lock: EMPTY_LOCK }, there))
  const policy = await readPolicy(policyText, { ...config, readRemote })
  const lock = readLock(lockText, lockPath)
  const session = openSession({ policy: policy.policy, lock }, there)
  const parts = { policy, lock, lockText, session }
  if (base === undefined || configThere === undefined || there === undefined) {
    const found = await discover(root, policy.policy, session, new Map())
    return { ...parts, base: undefined, found, judged: found, changes: undefined }
  }
  const replaced = await asBase(base, () => replacedTrustFiles(there.policy, base.read, root))
  const otherwise = enforces(base) && (replaced.length > 0 || trustsOtherwise(there.policy, policy.policy))
  const sessionThere = otherwise ? openSession(there) : undefined
  // What an action uses is asked where the base asks: a proposed origin could leave things out.
  const files: RemoteFiles = new Map()
  const found = await discover(root, policy.policy, sessionThere ?? session, files)
  const before = await asBase(base, () => complete(base.discovery, there.policy, sessionThere ?? session, files))
  const same = (base.policy ?? '') === (policyText ?? '') && (base.lock ?? '') === (lockText ?? '')
  const changes = compareDiscoveries(found, before)
  const whole = { ...parts, base: { ...base, ...configThere, replaced, session: sessionThere }, found }
  if (same && !otherwise) {
    const kept = changes.flatMap(({ change }, index) => (change === 'unchanged' ? [] : [index]))
    const judged = {
      ...found,
      dependencies: kept.flatMap((index) => found.dependencies[index] ?? []),
      notices: newNotices(found.notices, before.notices),
    }
    return { ...whole, judged, changes: kept.flatMap((index) => changes[index] ?? []) }
  }
  return { ...whole, judged: found, changes }
}

/** Without policy and lock the base enforced nothing: there the project adopts the gate. */
export const enforces = ({ policy, lock }: Base): boolean => policy !== undefined || lock !== undefined

/** Policy and lock as they stand in the base, with the keys that lie there. */
async function configOf(
  base: Base,
  { config, openSession }: PrepareRequest,
): Promise<Pick<PreparedBase, 'policyThere' | 'lockThere'>> {
  const readRemote: ConfigRequest['readRemote'] = (source, own) =>
    readCentralPolicy(source, openSession({ policy: own, lock: EMPTY_LOCK }))
  return {
    policyThere: await asBase(base, () => readPolicy(base.policy, { ...config, readRemote, readNamed: base.read })),
    lockThere: await asBase(base, async () => readLock(base.lock, config.lockPath)),
  }
}

/** What stands in the base is nobody's argument: that it cannot be read keeps us from judging. */
async function asBase<T>({ commit }: Base, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!isCleanbillError(error) || error.class === 'tool') throw error
    throw new CleanbillError('BASE_UNREADABLE', `${commit}: ${error.code}: ${error.message}`, { cause: error })
  }
}

async function discover(root: string, policy: Policy, session: SourceSession, files: RemoteFiles): Promise<Discovery> {
  const found = await complete(await findOrNothing(root, policy.inputs.length > 0), policy, session, files)
  // Under no profile is "nothing was found" a pass (T-AC-04). Of a file that could not be read the verdict speaks.
  if (found.dependencies.length > 0 || found.files.some(({ error }) => error !== undefined)) return found
  const [notice] = found.notices
  throw new CleanbillError('INPUT_EMPTY', `no dependency was found in ${root}: nothing was verified`, {
    hint:
      notice === undefined
        ? 'Name the folder of the project, or declare what flows in under `inputs` of the policy.'
        : `${notice.file}:${notice.line}: ${notice.message}`,
  })
}

/** What lies in the tree, what the policy declares, and what the actions of other repositories use in their turn. */
async function complete(
  tree: Discovery,
  policy: Policy,
  session: SourceSession,
  files: RemoteFiles,
): Promise<Discovery> {
  const declared = declaredDependencies(policy.inputs, policy.file)
  const remote = await expandActions(tree.dependencies, session, readUses, files)
  const notices = remote.unread.map(
    ({ dependency, error }): Notice => ({
      code: 'LOCAL_MISSING',
      message: `what ${dependency.name} uses itself could not be read: ${error.message}`,
      file: dependency.file,
      line: dependency.line,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    }),
  )
  const more = [...declared, ...remote.dependencies]
  return { ...tree, dependencies: [...tree.dependencies, ...more], notices: [...tree.notices, ...notices] }
}

/** A project of declared inputs alone has no dependency file. */
async function findOrNothing(root: string, declares: boolean): Promise<Discovery> {
  try {
    return await findDependencies(root)
  } catch (error) {
    if (!declares || !isCleanbillError(error) || error.code !== 'INPUT_EMPTY') throw error
    return { files: [], dependencies: [], notices: [], skipped: [] }
  }
}

/** Notices that the base does not have, wherever they stood there. */
function newNotices(head: readonly Notice[], base: readonly Notice[]): readonly Notice[] {
  const key = ({ code, file, message }: Notice) => JSON.stringify([code, file, message])
  const known = new Set(base.map(key))
  return head.filter((notice) => !known.has(key(notice)))
}

/**
 * Reads the central policy that a policy extends.
 *
 * @throws {CleanbillError} `POLICY_MALFORMED`: what cannot be read is not replaced by something milder
 */
export async function readCentralPolicy(
  { owner, repository, path, commit }: ExtendsReference,
  session: SourceSession,
): Promise<Uint8Array> {
  const file = await readRemoteFile(owner, repository, commit, path, session)
  if (file.kind === 'found') return file.bytes
  const why = file.kind === 'none' ? 'there is no such file at that commit' : file.error.message
  throw new CleanbillError('POLICY_MALFORMED', `${owner}/${repository}//${path}@${commit} cannot be read: ${why}`, {
    hint: 'A private repository needs a token that reads it.',
  })
}
