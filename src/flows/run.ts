import { join } from 'node:path'
import { setAside, writeFileAtomic } from '../io/files.ts'
import { buildProvenance, directoryManifest, type SubjectMode } from '../model/build-provenance.ts'
import { CleanbillError, type Limit } from '../model/error.ts'
import { RECORDING_INCOMPLETE, type RecordedOutput, type Recording, type RunKind } from '../model/recording.ts'
import type { Publisher } from '../publish/publisher.ts'
import { childEnvironment } from '../record/child-environment.ts'
import { type RecordRunOptions, recordRun } from '../record/record-run.ts'
import type { DeclaredInput, DeclaredOutput } from '../record/recorder.ts'
import { type Attested, type AttestOptions, attestStatements } from './attest.ts'
import type { RecordedGate } from './gate/recorded.ts'
import { isImageOutput } from './images.ts'
import { planSigning, type SigningRequest } from './signing-plan.ts'
import type { World } from './world.ts'

/** Folder below the workspace for what a run writes, unless `--out` says otherwise. */
export const DEFAULT_OUT = '.cleanbill'

export interface RunRequest {
  readonly argv: readonly string[]
  /** The action's `run:` script; `argv` then starts its shell. */
  readonly shell?: string | undefined
  readonly kind: RunKind
  readonly workspace: string
  readonly inputs: readonly DeclaredInput[]
  readonly outputs: readonly DeclaredOutput[]
  readonly passEnv: readonly string[]
  /** Absolute. */
  readonly out: string
  readonly subjectMode: SubjectMode
  /** Undefined: record only (`--no-sign`). */
  readonly signing: SigningRequest | undefined
  readonly publishers: readonly Publisher[]
  readonly onOutage: AttestOptions['onOutage']
  /** Of Cleanbill, into `builder.version`. */
  readonly version: string
  /** What the gate judged before the command, where it did. */
  readonly gated?: RecordedGate | undefined
  /** What was measured before: tokens in ancestors, root in the job. */
  readonly exposure: readonly Limit[]
  /** Digests of images that the command made, looked up after it; see `flows/images`. */
  readonly imageOutputs: () => Promise<readonly RecordedOutput[]>
  readonly io: Pick<RecordRunOptions, 'stdin' | 'onStdout' | 'onStderr' | 'onSignal'>
}

export interface RunResult {
  readonly recording: Recording
  readonly recordingPath: string
  readonly attested: readonly Attested[]
  /** Manifests of directory outputs, beside the bundle. */
  readonly manifests: readonly string[]
}

/**
 * Wraps one command: plan the signing, observe before, run, observe after, write the recording, sign, publish.
 *
 * Everything that can be wrong by configuration is found before the command starts. The identity token is asked for
 * only after it ended. A failed command gets a recording and no signature.
 *
 * @throws {CleanbillError} see `planSigning`, `recordRun`, `attestStatements`
 */
export async function runCommandFlow(request: RunRequest, world: World): Promise<RunResult> {
  if (request.outputs.length === 0 && request.signing !== undefined) {
    throw new CleanbillError('SUBJECT_EMPTY', 'no output is named, so there is nothing to sign', {
      as: 'usage',
      hint: 'Name what the command makes: --output ROLE:PATH (in the action: outputs). Or record only: --no-sign.',
    })
  }
  const childEnv = childEnvironment(world.host.env, request.passEnv)
  const plan = request.signing === undefined ? undefined : await planSigning(request.signing, world)
  await setPreviousAside(request.out, world)
  const { argv, shell, kind, workspace, inputs } = request
  const outputs = request.outputs.filter((output) => !isImageOutput(output))
  const context = { host: world.host, workspace, kind, argv, shell, inputs, outputs, runTool: world.runTool, childEnv }
  const observed = await recordRun(context, {
    ...request.io,
    mode: plan === undefined ? 'separate-job' : 'same-job',
    limits: request.exposure,
    version: { cleanbill: request.version },
    out: request.out,
    onFault: async (partial) => {
      await writeFileAtomic(join(request.out, 'recording.json'), toFile(partial))
      world.host.log.warn(`the command succeeded; what could be recorded is in ${request.out}`)
    },
  })
  const recordingPath = join(request.out, 'recording.json')
  const images = observed.exit.code === 0 ? await resolveImages(request, observed, recordingPath) : []
  const recording = withGate({ ...observed, outputs: [...observed.outputs, ...images] }, request.gated)
  await writeFileAtomic(recordingPath, toFile(recording))
  const manifests = await writeManifests(recording, request.out)
  if (plan === undefined || recording.exit.code !== 0) return { recording, recordingPath, attested: [], manifests }
  const statements = buildProvenance(recording, request.subjectMode)
  return { recording, recordingPath, manifests, attested: await attestStatements(statements, plan, request, world) }
}

/** What flowed in by way of a lock was judged and not observed: it stands behind what was. */
function withGate(recording: Recording, gated: RecordedGate | undefined): Recording {
  if (gated === undefined) return recording
  return {
    ...recording,
    resolvedDependencies: [...recording.resolvedDependencies, ...gated.dependencies],
    byproducts: [...recording.byproducts, ...gated.byproducts],
  }
}

/** A registry that is down after days of training must not cost the recording. */
async function resolveImages(
  { imageOutputs }: RunRequest,
  observed: Recording,
  path: string,
): Promise<readonly RecordedOutput[]> {
  try {
    return await imageOutputs()
  } catch (error) {
    const message = 'an image could not be looked up: this recording is not to be signed'
    const limits = [...observed.limits, { code: RECORDING_INCOMPLETE, message }]
    await writeFileAtomic(path, toFile({ ...observed, limits }))
    throw error
  }
}

/** A bundle of yesterday beside today's recording would be uploaded as today's. */
async function setPreviousAside(out: string, { host }: World): Promise<void> {
  const isOurs = (name: string) => name === 'recording.json' || /^attestation(-\d+)?\.json$/.test(name)
  const into = join(out, 'previous', host.now().toISOString().replaceAll(':', '-'))
  const moved = await setAside(out, isOurs, into)
  if (moved.length > 0) host.log.debug(`moved ${moved.join(', ')} of an earlier run to ${into}`)
}

const toFile = (recording: Recording) => `${JSON.stringify(recording, null, 2)}\n`

/** What the root of each directory output was made of, in the very bytes whose digest the provenance carries. */
async function writeManifests(recording: Recording, out: string): Promise<string[]> {
  const paths: string[] = []
  for (const output of recording.outputs) {
    const manifest = directoryManifest(output)
    if (manifest === undefined) continue
    const path = join(out, manifest.name)
    await writeFileAtomic(path, manifest.text)
    paths.push(path)
  }
  return paths
}
