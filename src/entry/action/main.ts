import { join, resolve } from 'node:path'
import { type Attested, bundleName } from '../../flows/attest.ts'
import { attestFiles, attestRecording } from '../../flows/attest-existing.ts'
import { imageOutputsOf, recordImages } from '../../flows/images.ts'
import { DEFAULT_OUT, type RunResult, runCommandFlow } from '../../flows/run.ts'
import { pathKind } from '../../io/files.ts'
import { SUBJECT_MODES } from '../../model/build-provenance.ts'
import { CleanbillError } from '../../model/error.ts'
import { RUN_KINDS } from '../../model/recording.ts'
import { declareArtifacts, recordAttestationPath } from '../../publish/index.ts'
import { parseDeclaredInputs, parseDeclaredOutputs } from '../../record/parse-declared.ts'
import type { DeclaredOutput } from '../../record/recorder.ts'
import { exitCodeOfAttested } from '../attested-exit.ts'
import { EXIT, exitCodeOfCommand } from '../exit-codes.ts'
import { imageResolver } from '../publishing.ts'
import { VERSION } from '../version.ts'
import { type ActionContext, oneOf, publishers, signingRequest, workspaceOf } from './context.ts'
import { attestGate, type GatedStep, gateStep, isGated, withChange } from './gate.ts'
import { type Inputs, shellCommand } from './inputs.ts'

/** What is left to report when the work is done. */
export interface ActionResult {
  readonly exitCode: number
  readonly gate?: GatedStep | undefined
  readonly run?: RunResult
  readonly attested: readonly Attested[]
}

/**
 * One step: judge what flows in, then wrap `run`, or sign a `recording`, or sign a `predicate` about files; without any of
 * these the gate is all. What fails the gate is not run.
 *
 * @throws {CleanbillError} `INPUT_INVALID` when the inputs name more than one of these
 */
export async function runAction(context: Omit<ActionContext, 'out'>): Promise<ActionResult> {
  const { inputs } = context
  const modes = [
    { input: 'run', start: wrap },
    { input: 'recording', start: signRecording },
    { input: 'predicate-path', start: signPredicate },
  ] as const
  const chosen = modes.filter(({ input }) => inputs.text(input) !== '')
  const [mode, ...more] = chosen
  if (more.length > 0) {
    throw new CleanbillError('INPUT_INVALID', `give one of ${modes.map(({ input }) => input).join(', ')}`, {
      hint: 'For example run: python train.py, with outputs: model: out/model.',
    })
  }
  const step = { ...context, out: await freeOut(context) }
  const result = await gateAndRun(step, mode?.start)
  await announce(result, step)
  return result
}

async function gateAndRun(
  step: ActionContext,
  start: ((context: ActionContext, gate: GatedStep | undefined) => Promise<ActionResult>) | undefined,
): Promise<ActionResult> {
  const gated = await isGated(step, start === undefined)
  if (start === undefined) return withChange(step, gateAlone)
  const gate = gated ? await gateStep(step) : undefined
  if (gate?.result.verdict.result === 'FAILED') return { exitCode: EXIT.refused, gate, attested: [] }
  return { ...(await start(step, gate)), gate }
}

/** A verdict that failed is signed as that, where verdicts are signed: its absence would say less. */
async function gateAlone(step: ActionContext): Promise<ActionResult> {
  const gate = await gateStep(step)
  const attested = await attestGate(gate, step)
  if (gate.result.verdict.result === 'FAILED') return { exitCode: EXIT.refused, gate, attested }
  const onOutage = oneOf(step.inputs, 'on-outage', ['pend', 'fail'])
  return { exitCode: exitCodeOfAttested(attested, onOutage, step.log), gate, attested }
}

async function wrap(context: ActionContext, gate: GatedStep | undefined): Promise<ActionResult> {
  const { inputs, world } = context
  const workspace = workspaceOf(context)
  const outputs = declaredOutputs(inputs)
  const images = imageOutputsOf(outputs)
  const signs = inputs.flag('sign')
  const script = inputs.text('run')
  const onOutage = oneOf(inputs, 'on-outage', ['pend', 'fail'])
  const run = await runCommandFlow(
    {
      argv: shellCommand(script, inputs.text('shell')),
      shell: script,
      kind: oneOf(inputs, 'kind', RUN_KINDS),
      workspace,
      inputs: parseDeclaredInputs(inputs.lines('inputs')),
      outputs,
      passEnv: inputs.lines('pass-env'),
      out: context.out,
      subjectMode: oneOf(inputs, 'subject-mode', SUBJECT_MODES),
      signing: signs ? signingRequest(context) : undefined,
      publishers: signs ? await publishers(context, images) : [],
      onOutage,
      gated: gate?.recorded,
      exposure: context.exposure,
      version: VERSION,
      imageOutputs: () => recordImages(images, imageResolver(world)),
      io: context.io,
    },
    world,
  )
  const failed = run.recording.exit.code !== 0
  const exitCode = failed
    ? exitCodeOfCommand(run.recording.exit)
    : exitCodeOfAttested(run.attested, onOutage, context.log)
  return { exitCode, run, attested: run.attested }
}

async function signRecording(context: ActionContext): Promise<ActionResult> {
  const common = await attestRequest(context)
  const recording = resolve(context.world.host.cwd, context.inputs.text('recording'))
  const attested = await attestRecording(
    { ...common, recording, resolveImage: imageResolver(context.world) },
    context.world,
  )
  return { exitCode: exitCodeOfAttested(attested, common.onOutage, context.log), attested }
}

async function signPredicate(context: ActionContext): Promise<ActionResult> {
  const { inputs, world } = context
  const common = await attestRequest(context)
  const predicate = resolve(world.host.cwd, inputs.text('predicate-path'))
  const predicateType = inputs.text('predicate-type')
  const attested = await attestFiles(
    { ...common, predicate, predicateType, paths: inputs.lines('subject-path') },
    world,
  )
  return { exitCode: exitCodeOfAttested(attested, common.onOutage, context.log), attested }
}

async function attestRequest(context: ActionContext) {
  const { inputs } = context
  return {
    workspace: workspaceOf(context),
    out: context.out,
    subjectMode: oneOf(inputs, 'subject-mode', SUBJECT_MODES),
    signing: signingRequest(context),
    publishers: await publishers(context, []),
    onOutage: oneOf(inputs, 'on-outage', ['pend', 'fail'] as const),
  }
}

/**
 * The folder of this step. A second step of the job gets one of its own: the first one's papers were announced under
 * their paths and stay there.
 */
async function freeOut(context: Pick<ActionContext, 'inputs' | 'world'>): Promise<string> {
  const first = resolve(workspaceOf(context), context.inputs.text('out') || DEFAULT_OUT)
  for (let n = 1; ; n++) {
    const out = n === 1 ? first : `${first}-${n}`
    // In the signing job the first job's recording lies in this very folder.
    const papers = context.inputs.text('run') === '' ? [bundleName(0)] : ['recording.json', bundleName(0), 'outbox']
    const kinds = await Promise.all(papers.map((name) => pathKind(join(out, name))))
    if (kinds.every((kind) => kind === undefined)) return out
  }
}

function declaredOutputs(inputs: Inputs): DeclaredOutput[] {
  const plain = inputs.lines('subject-path').map((path) => `artifact: ${path}`)
  return parseDeclaredOutputs([...inputs.lines('outputs'), ...plain])
}

/** Outputs of the step, and the two lists that other tools read. */
async function announce({ gate, run, attested, exitCode }: ActionResult, context: ActionContext): Promise<void> {
  const { setOutput, world } = context
  const { env } = world.host
  const bundles = attested.flatMap(({ bundlePath }) => (bundlePath === undefined ? [] : [bundlePath]))
  const stored = attested.flatMap(({ published }) => published).find(({ publisher }) => publisher === 'github-store')
  const pending = attested.some((one) => one.pending !== undefined)
  setOutput('bundle-path', bundles[0] ?? '')
  setOutput('bundle-paths', bundles.join('\n'))
  setOutput('attestation-id', stored?.id ?? '')
  setOutput('attestation-url', stored?.url ?? '')
  setOutput('recording-path', run?.recordingPath ?? '')
  setOutput('verdict', gate?.result.verdict.result ?? '')
  setOutput('verdict-path', gate?.path ?? '')
  setOutput('signed', String(attested.length > 0 && bundles.length === attested.length))
  setOutput('pending', String(pending))
  setOutput('outbox-path', pending ? join(context.out, 'outbox') : '')
  setOutput('exit-code', String(run === undefined ? exitCode : exitCodeOfCommand(run.recording.exit)))
  const [digest] = Object.entries(attested[0]?.statement.subject[0]?.digest ?? run?.recording.outputs[0]?.digest ?? {})
  setOutput('subject-digest', digest === undefined ? '' : digest.join(':'))
  for (const path of bundles) await recordAttestationPath(env.RUNNER_TEMP, path)
  if (run !== undefined && run.recording.exit.code === 0) await declareOutputs(run, context)
}

/** `$GITHUB_ARTIFACTS`, where the runner offers it: actions/attest in a later step can attest the same files. */
async function declareOutputs({ recording }: RunResult, context: ActionContext): Promise<void> {
  const workspace = workspaceOf(context)
  const outputs = recording.outputs.flatMap(
    ({ kind, path, digest }): Parameters<typeof declareArtifacts>[1][number][] => {
      if (kind === 'file') return [{ kind, path: join(workspace, path) }]
      return kind === 'image' ? [{ kind, reference: `${path}@sha256:${digest.sha256 ?? ''}` }] : []
    },
  )
  const { leftOut } = await declareArtifacts(context.world.host.env.GITHUB_ARTIFACTS, outputs)
  for (const { output, reason } of leftOut)
    context.log.debug(`not declared to the runner (${reason}): ${JSON.stringify(output)}`)
}
