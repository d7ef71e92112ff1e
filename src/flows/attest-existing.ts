import { join } from 'node:path'
import { hashDirectory, hashFile, pathKind, readFileBytes, resolveInside } from '../io/files.ts'
import { buildProvenance, type SubjectMode } from '../model/build-provenance.ts'
import { CleanbillError } from '../model/error.ts'
import { decodeUtf8, isJsonObject, parseJson, requireExactNumbers } from '../model/json.ts'
import { OMS_DEFAULT_IGNORES, omsRoot, sortOmsResources } from '../model/predicates/oms.ts'
import { parseRecording, RECORDING_INCOMPLETE, type RecordedOutput, type Recording } from '../model/recording.ts'
import { buildStatement, type Subject } from '../model/statement.ts'
import type { Publisher } from '../publish/publisher.ts'
import { builderIdentity, invocationIdentity } from '../record/builder-identity.ts'
import { TENANT_REPORTED } from '../record/record-run.ts'
import { githubFacts } from '../record/recorders/workflow.ts'
import { type Attested, type AttestOptions, attestStatements } from './attest.ts'
import { type ImageResolver, recordImages } from './images.ts'
import { planSigning, type SigningRequest } from './signing-plan.ts'
import type { World } from './world.ts'

interface Common {
  readonly workspace: string
  readonly out: string
  readonly subjectMode: SubjectMode
  readonly signing: SigningRequest
  readonly publishers: readonly Publisher[]
  readonly onOutage: AttestOptions['onOutage']
}

/**
 * Signs what a job without identity recorded. The recording comes from a job where anybody's code ran, so nothing in
 * it about the platform is taken over: builder and run are this job's own, and each output is hashed again here.
 *
 * @throws {CleanbillError} `RECORDING_MALFORMED`, `SUBJECT_CHANGED`, `FILE_NOT_FOUND`, and what signing throws
 */
export async function attestRecording(
  request: Common & { readonly recording: string; readonly resolveImage: ImageResolver },
  world: World,
): Promise<readonly Attested[]> {
  const recording = parseRecording(await readFileBytes(request.recording, 64 * 1024 * 1024), request.recording)
  if (recording.exit.code !== 0) {
    throw new CleanbillError('RECORDING_MALFORMED', 'the recorded command failed: there is nothing to vouch for', {
      file: request.recording,
      hint: `It ended with ${recording.exit.signal ?? `exit code ${recording.exit.code}`}.`,
    })
  }
  if (recording.limits.some(({ code }) => code === RECORDING_INCOMPLETE)) {
    throw new CleanbillError('RECORDING_MALFORMED', 'the recording lacks an output that was declared', {
      file: request.recording,
      hint: 'Correct the output’s path and run again, or attest the files themselves with --predicate.',
    })
  }
  const plan = await planSigning(request.signing, world)
  const outputs: RecordedOutput[] = []
  for (const output of recording.outputs) outputs.push(await observeAgain(output, request))
  const own = { ...recording, ...ownPlatform(recording, world.host.env), outputs }
  return attestStatements(buildProvenance(own, request.subjectMode), plan, request, world)
}

/** What this job knows itself. What the other job said of its platform is kept as that: `recorded`. */
function ownPlatform(recording: Recording, env: World['host']['env']) {
  const { github: recorded, ...rest } = recording.internalParameters
  const runner = isJsonObject(recorded) ? recorded.runner_environment : undefined
  const facts = env.GITHUB_ACTIONS === 'true' ? { github: githubFacts(env) } : {}
  return {
    builder: { ...recording.builder, id: builderIdentity(env, 'separate-job') },
    invocationId: invocationIdentity(env),
    internalParameters: { ...rest, ...facts, recorded: { runner_environment: runner ?? 'unknown' } },
    limits: recording.limits.some(({ code }) => code === TENANT_REPORTED.code)
      ? recording.limits
      : [TENANT_REPORTED, ...recording.limits],
  }
}

/**
 * The output as this job sees it; nothing of the recording is taken over but role and name. A digest of another
 * algorithm, a list of files or an image that only the recording knows would be signed unseen.
 */
async function observeAgain(
  output: RecordedOutput,
  request: Pick<Common, 'workspace'> & { readonly resolveImage: ImageResolver },
): Promise<RecordedOutput> {
  const { role } = output
  if (output.kind === 'image') {
    const [seen] = await recordImages(
      [{ role, pattern: `oci://${output.path}@sha256:${output.digest.sha256}` }],
      request.resolveImage,
    )
    if (seen === undefined || seen.digest.sha256 !== output.digest.sha256) throw changed(output.path)
    return { ...seen, path: output.path }
  }
  const seen = await hashOutput(request.workspace, output.path, role)
  const names = (one: RecordedOutput) => JSON.stringify((one.files ?? []).map(({ name }) => name))
  if (seen.kind !== output.kind || seen.digest.sha256 !== output.digest.sha256 || names(seen) !== names(output)) {
    throw changed(output.path)
  }
  return seen
}

function changed(path: string): CleanbillError {
  return new CleanbillError('SUBJECT_CHANGED', `${path} is not what was recorded`, {
    as: 'usage',
    file: path,
    hint: 'Hand the files over unchanged, e.g. as one workflow artifact with the recording. Nothing was signed.',
  })
}

/**
 * Signs any predicate about existing files.
 *
 * @throws {CleanbillError} `SUBJECT_EMPTY`, `ARGUMENT_INVALID`, `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `PATH_UNSAFE`, and
 *   what signing throws
 */
export async function attestFiles(
  request: Common & {
    readonly predicate: string
    readonly predicateType: string | undefined
    readonly paths: readonly string[]
  },
  world: World,
): Promise<readonly Attested[]> {
  const { predicateType } = request
  if (predicateType === undefined || URL.parse(predicateType) === null) {
    throw new CleanbillError('ARGUMENT_INVALID', '--predicate-type must be a URI', {
      hint: 'For example https://cyclonedx.org/bom.',
    })
  }
  const text = decodeUtf8(await readFileBytes(request.predicate), request.predicate)
  const predicate = parseJson(text, request.predicate)
  requireExactNumbers(text, request.predicate)
  const subjects: Subject[] = []
  for (const path of request.paths) {
    const { path: name, digest } = await hashOutput(request.workspace, path, 'artifact')
    subjects.push({ name, digest })
  }
  const plan = await planSigning(request.signing, world)
  const groups = request.subjectMode === 'single' ? subjects.map((subject) => [subject]) : [subjects]
  const statements = groups.map((subject) => buildStatement({ subject, predicateType, predicate }))
  if (statements.length === 0) buildStatement({ subject: [], predicateType, predicate })
  return attestStatements(statements, plan, request, world)
}

/** A file is its SHA-256, a directory its OMS root and the list of its files. */
async function hashOutput(workspace: string, given: string, role: string): Promise<RecordedOutput> {
  const { path, name } = await resolveInside(workspace, given)
  if ((await pathKind(path)) !== 'directory') {
    const { sha256, bytes } = await hashFile(path)
    return { role, path: name, kind: 'file', digest: { sha256 }, bytes }
  }
  const files = await hashDirectory(join(workspace, name), { ignore: OMS_DEFAULT_IGNORES })
  if (files.length === 0) throw new CleanbillError('SUBJECT_EMPTY', `${given} holds no file`, { as: 'usage' })
  const resources = files.map((file) => ({ name: file.name, digest: file.sha256, algorithm: 'sha256' as const }))
  return {
    role,
    path: name,
    kind: 'directory',
    digest: { sha256: omsRoot(sortOmsResources(resources)) },
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    files: files.map((file) => ({ name: file.name, sha256: file.sha256, bytes: file.bytes })),
  }
}
