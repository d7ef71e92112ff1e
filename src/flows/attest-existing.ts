import { join } from 'node:path'
import { hashDirectory, hashFile, readFileBytes, resolveInside } from '../io/files.ts'
import { buildProvenance, type SubjectMode } from '../model/build-provenance.ts'
import { CleanbillError } from '../model/error.ts'
import { parseJson } from '../model/json.ts'
import { OMS_DEFAULT_IGNORES, omsRoot, sortOmsResources } from '../model/predicates/oms.ts'
import { parseRecording, RECORDING_INCOMPLETE, type RecordedOutput } from '../model/recording.ts'
import { buildStatement, type Subject } from '../model/statement.ts'
import type { Publisher } from '../publish/publisher.ts'
import { builderIdentity, invocationIdentity } from '../record/builder-identity.ts'
import { type Attested, type AttestOptions, attestStatements } from './attest.ts'
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
  request: Common & { readonly recording: string },
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
  for (const output of recording.outputs) await requireUnchanged(request.workspace, output)
  const { env } = world.host
  const builder = { ...recording.builder, id: builderIdentity(env, 'separate-job') }
  const own = { ...recording, builder, invocationId: invocationIdentity(env) }
  return attestStatements(buildProvenance(own, request.subjectMode), plan, request, world)
}

async function requireUnchanged(workspace: string, output: RecordedOutput): Promise<void> {
  if (output.kind === 'image') return
  const { digest } = await hashSubject(workspace, output.path)
  if (digest.sha256 !== output.digest.sha256) {
    throw new CleanbillError('SUBJECT_CHANGED', `${output.path} is not what was recorded`, {
      as: 'usage',
      file: output.path,
      hint: 'Hand the files over unchanged, e.g. as one workflow artifact with the recording. Nothing was signed.',
    })
  }
}

/**
 * Signs any predicate about existing files.
 *
 * @throws {CleanbillError} `SUBJECT_EMPTY`, `ARGUMENT_INVALID`, `JSON_MALFORMED`, `PATH_UNSAFE`, and what signing throws
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
  const predicate = parseJson(await readFileBytes(request.predicate), request.predicate)
  const subjects: Subject[] = []
  for (const path of request.paths) subjects.push(await hashSubject(request.workspace, path))
  const plan = await planSigning(request.signing, world)
  const groups = request.subjectMode === 'single' ? subjects.map((subject) => [subject]) : [subjects]
  const statements = groups.map((subject) => buildStatement({ subject, predicateType, predicate }))
  if (statements.length === 0) buildStatement({ subject: [], predicateType, predicate })
  return attestStatements(statements, plan, request, world)
}

/** A file is its SHA-256, a directory its OMS root. */
async function hashSubject(workspace: string, given: string): Promise<Subject> {
  const { path, name } = await resolveInside(workspace, given)
  try {
    return { name, digest: { sha256: (await hashFile(path)).sha256 } }
  } catch (error) {
    if (!(error instanceof CleanbillError) || error.code !== 'PATH_UNSAFE') throw error
  }
  const files = await hashDirectory(join(workspace, name), { ignore: OMS_DEFAULT_IGNORES })
  if (files.length === 0) throw new CleanbillError('SUBJECT_EMPTY', `${given} holds no file`, { as: 'usage' })
  const resources = files.map((file) => ({ name: file.name, digest: file.sha256, algorithm: 'sha256' as const }))
  return { name, digest: { sha256: omsRoot(sortOmsResources(resources)) } }
}
