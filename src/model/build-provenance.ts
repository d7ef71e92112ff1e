import { createHash } from 'node:crypto'
import { CleanbillError } from './error.ts'
import type { JsonObject } from './json.ts'
import { buildOmsStatement } from './predicates/oms.ts'
import { PROVENANCE_V1, type ProvenancePredicate } from './predicates/provenance.ts'
import type { RecordedOutput, Recording } from './recording.ts'
import { buildStatement, type ResourceDescriptor, type Statement, type Subject } from './statement.ts'
import { LOCAL_BUILDER, RUN_BUILD_TYPE } from './uris.ts'

/** One statement about all outputs, or one about each. */
export const SUBJECT_MODES = ['all', 'single'] as const
export type SubjectMode = (typeof SUBJECT_MODES)[number]

/**
 * From what was observed to what is said: SLSA provenance v1 about the outputs of one command.
 *
 * The times are those of the command, not of the signing. `cleanbill_limits` says what the statement does not prove;
 * dropping it makes nobody's verdict better, so it is a legal extension field (SLSA: names `<vendor>_<name>`).
 *
 * @throws {CleanbillError} `SUBJECT_EMPTY`, `SUBJECT_NAME_DUPLICATE`, `SUBJECT_LIMIT` (usage); `INTERNAL_ERROR` for a
 *   command that failed: its recording is kept, and nothing is signed as a success (T-AC-13)
 */
export function buildProvenance(recording: Recording, mode: SubjectMode = 'all'): Statement<ProvenancePredicate>[] {
  if (recording.exit.code !== 0) {
    throw new CleanbillError('INTERNAL_ERROR', 'a command that failed has no provenance')
  }
  const predicate = toPredicate(recording)
  const subjects = recording.outputs.map(toSubject)
  const groups = mode === 'single' ? subjects.map((subject) => [subject]) : [subjects]
  if (subjects.length === 0) groups.splice(0, groups.length, [])
  return groups.map((subject) => buildStatement({ subject, predicateType: PROVENANCE_V1, predicate }))
}

function toPredicate(recording: Recording): ProvenancePredicate {
  const { startedOn, finishedOn, invocationId, limits, builder } = recording
  const runDetails = {
    builder: { id: builder.id, version: builder.version },
    metadata: { ...(invocationId === undefined ? {} : { invocationId }), startedOn, finishedOn },
    byproducts: [...recording.byproducts, ...recording.outputs.flatMap(toManifest)],
    cleanbill_limits: limits.map(({ code, message }) => ({ code, message })),
  }
  return {
    buildDefinition: {
      buildType: RUN_BUILD_TYPE,
      externalParameters: recording.externalParameters,
      internalParameters: recording.internalParameters,
      resolvedDependencies: recording.resolvedDependencies,
    },
    runDetails,
  }
}

function toSubject(output: RecordedOutput): Subject {
  const annotations: JsonObject = { role: output.role, kind: output.kind, bytes: output.bytes }
  return { name: output.path, digest: output.digest, annotations }
}

/** Up to so many files of a directory stand in the statement itself; the manifest beside it names all of them. */
const MAX_FILES_INLINE = 1000

/** Each file of a directory subject, so that one file can be checked without the others. */
function toManifest(output: RecordedOutput): ResourceDescriptor[] {
  const manifest = directoryManifest(output)
  if (manifest === undefined || output.files === undefined) return []
  const whole: ResourceDescriptor = {
    name: manifest.name,
    digest: { sha256: createHash('sha256').update(manifest.text).digest('hex') },
    mediaType: 'application/json',
    annotations: { role: 'output-manifest', of: output.path, files: output.files.length },
  }
  if (output.files.length > MAX_FILES_INLINE) return [whole]
  const files = output.files.map((file) => ({
    name: `${output.path}/${file.name}`,
    digest: { sha256: file.sha256 },
    annotations: { role: 'output-file', of: output.path, bytes: file.bytes },
  }))
  return [whole, ...files]
}

/**
 * The files of a directory output as an unsigned OMS statement: what its root was made of. The provenance carries the
 * digest of exactly this text; the file is written beside the bundle.
 *
 * @returns undefined for an output that is no directory
 */
export function directoryManifest(
  output: RecordedOutput,
): { readonly name: string; readonly text: string } | undefined {
  if (output.files === undefined) return undefined
  const resources = output.files.map(({ name, sha256 }) => ({ name, digest: sha256, algorithm: 'sha256' as const }))
  const short = createHash('sha256').update(output.path).digest('hex').slice(0, 12)
  const readable = output.path.replace(/[^\w.-]+/g, '_').slice(0, 60)
  return {
    name: `manifests/${readable}-${short}.oms.json`,
    text: `${JSON.stringify(buildOmsStatement(output.path, resources))}\n`,
  }
}

/**
 * Puts the workflow that the identity token names into `builder.id`. In a reusable workflow the environment names only
 * the caller, while the certificate (OID .9) names the file that holds the job; the two must say the same.
 *
 * @param jobWorkflowRef claim `job_workflow_ref`, e.g. `acme/builders/.github/workflows/train.yml@refs/tags/v1`
 */
export function withJobWorkflow(statement: Statement<unknown>, jobWorkflowRef: string): Statement<unknown> {
  const predicate = statement.predicate as Partial<ProvenancePredicate> | null
  const { buildDefinition, runDetails } = predicate ?? {}
  if (buildDefinition?.buildType !== RUN_BUILD_TYPE || runDetails === undefined) return statement
  const url = URL.parse(runDetails.builder.id)
  if (url === null || runDetails.builder.id === LOCAL_BUILDER) return statement
  const builder = { ...runDetails.builder, id: `${url.origin}/${jobWorkflowRef}${url.hash}` }
  return { ...statement, predicate: { ...predicate, runDetails: { ...runDetails, builder } } }
}
