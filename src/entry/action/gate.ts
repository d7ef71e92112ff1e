import { join, relative, resolve, sep } from 'node:path'
import type { Attested } from '../../flows/attest.ts'
import { attestVerdict } from '../../flows/gate/attest-verdict.ts'
import { readGateJob, signsHere } from '../../flows/gate/job.ts'
import { type RecordedGate, toRecordedGate } from '../../flows/gate/recorded.ts'
import { fetchChange } from '../../flows/gate/remote-change.ts'
import { type GateResult, runGate } from '../../flows/gate.ts'
import { fileExists, writeFileAtomic } from '../../io/files.ts'
import { CleanbillError } from '../../model/error.ts'
import { toGateDocument } from '../../model/gate-document.ts'
import { PROFILES } from '../../model/rules.ts'
import { toSarif } from '../../report/sarif.ts'
import { evidenceCache } from '../evidence-cache.ts'
import { VERIFY_THREADS } from '../verify-threads.ts'
import { VERSION } from '../version.ts'
import { type ActionContext, oneOf, publishers, signingRequest, workspaceOf } from './context.ts'
import type { InputName } from './inputs.ts'

/** What the gate came to, and where its document lies. */
export interface GatedStep {
  readonly result: GateResult
  readonly path: string
  /** Path of the judged folder from the root of the repository. */
  readonly folder: string
  /** The judged commit. */
  readonly commit: string | undefined
  /** For the provenance of the command that runs after it. */
  readonly recorded: RecordedGate
}

/**
 * Is the gate to run in this step? `auto` gates where somebody wrote a policy or a lock; a step that only wraps a command
 * goes on as before, and its provenance says that nothing was judged.
 */
export async function isGated(context: ActionContext, alone: boolean): Promise<boolean> {
  const choice = oneOf(context.inputs, 'gate', ['auto', 'true', 'false'] as const)
  if (alone && choice === 'false') {
    throw new CleanbillError('INPUT_INVALID', 'gate is false and there is nothing else to do', {
      hint: 'Give run, recording or predicate-path, or leave gate out.',
    })
  }
  if (alone || choice !== 'auto') return alone || choice === 'true'
  const root = workspaceOf(context)
  const there = ['policy', 'lock'].map((name) => fileExists(join(root, context.inputs.text(name as InputName))))
  return (await Promise.all(there)).includes(true)
}

/**
 * For a step that is the gate alone: where its job has no checkout of the change, everything happens in a fetched one, as
 * if that were the workspace. The step's papers stay in its own.
 *
 * @throws {CleanbillError} what {@link fetchChange} throws
 */
export async function withChange<T>(context: ActionContext, use: (context: ActionContext) => Promise<T>): Promise<T> {
  const { inputs, world } = context
  const { host } = world
  const token = inputs.text('github-token') || host.env.GITHUB_TOKEN || undefined
  const workspace = workspaceOf(context)
  const change = await fetchChange({ workspace, base: inputs.text('base') || undefined, token }, world)
  if (change === undefined) return use(context)
  try {
    // The runner's word is about the workflow's own commit under `pull_request_target`; judged is another.
    const env = { ...host.env, GITHUB_WORKSPACE: change.folder, GITHUB_SHA: change.head }
    return await use({ ...context, world: { ...world, host: { ...host, env } } })
  } finally {
    await change.remove()
  }
}

/** Judges, and writes what it found; a FAILED verdict is a result. */
export async function gateStep(context: ActionContext): Promise<GatedStep> {
  const { inputs, world } = context
  const { host } = world
  const root = workspaceOf(context)
  const path = (name: InputName) => (inputs.text(name) === '' ? undefined : resolve(host.cwd, inputs.text(name)))
  const profile = inputs.text('profile')
  const result = await runGate(
    {
      root,
      policyPath: inputs.text('policy'),
      lockPath: inputs.text('lock'),
      profile: profile === '' ? undefined : oneOf(inputs, 'profile', PROFILES),
      all: inputs.flag('all'),
      base: inputs.text('base') || undefined,
      offline: false,
      evidence: path('evidence'),
      facts: inputs.lines('facts').map((one) => resolve(host.cwd, one)),
      // `trusted-root` is about what this step signs; what it believes is the policy's to say.
      trustedRoots: [],
      githubToken: inputs.text('github-token') || host.env.GITHUB_TOKEN || undefined,
      cacheDir: evidenceCache(host),
      updateLock: false,
      threads: VERIFY_THREADS,
      version: VERSION,
    },
    world,
  )
  const { verdict, meta } = result
  const document = join(context.out, 'verdict.json')
  const text = `${JSON.stringify(toGateDocument(verdict, meta), null, 2)}\n`
  await writeFileAtomic(document, text)
  const folder = relative(resolve(host.env.GITHUB_WORKSPACE ?? host.cwd), root)
    .split(sep)
    .join('/')
  const sarif = path('sarif')
  if (sarif !== undefined) {
    await writeFileAtomic(sarif, `${JSON.stringify(toSarif(verdict, { version: VERSION, folder }), null, 2)}\n`)
  }
  return { result, path: document, folder, commit: host.env.GITHUB_SHA, recorded: toRecordedGate(result, text) }
}

/**
 * Signs the verdict where it stands for more than one change: the default branch, tags, the merge queue. A job that may
 * not sign gates all the same.
 */
export async function attestGate({ result }: GatedStep, context: ActionContext): Promise<readonly Attested[]> {
  const { inputs, world } = context
  const job = await readGateJob(world)
  const able = inputs.text('signing-key') !== '' || world.host.env.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined
  if (!inputs.flag('sign') || job === undefined || !signsHere(job)) return []
  if (!able) {
    context.log.info('the verdict is not signed: the job has no id-token permission')
    return []
  }
  const request = {
    out: context.out,
    signing: signingRequest(context),
    publishers: await publishers(context, []),
    onOutage: oneOf(inputs, 'on-outage', ['pend', 'fail'] as const),
    version: VERSION,
    root: workspaceOf(context),
  }
  return attestVerdict(result, request, world)
}
