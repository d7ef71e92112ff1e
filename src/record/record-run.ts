import type { Limit } from '../model/error.ts'
import {
  type Contribution,
  mergeContributions,
  RECORDING_INCOMPLETE,
  RECORDING_SCHEMA,
  type Recording,
} from '../model/recording.ts'
import type { ResourceDescriptor } from '../model/statement.ts'
import { builderIdentity, invocationIdentity, type SigningMode } from './builder-identity.ts'
import type { RecordContext, Recorded, Recorder, RecorderSession } from './recorder.ts'
import { RECORDERS } from './recorders/index.ts'
import { type CommandOptions, type CommandResult, runCommand, type StreamDigest } from './run-command.ts'

export interface RecordRunOptions
  extends Pick<CommandOptions, 'stdin' | 'onStdout' | 'onStderr' | 'onSignal' | 'streamGraceMs'> {
  readonly mode: SigningMode
  /** Known to the caller: what this machine does not keep from the command. */
  readonly limits?: readonly Limit[]
  /** Absolute path of the folder we write to; left out of outputs and of the source's difference. */
  readonly out?: string | undefined
  /** Component → version, into `builder.version`. */
  readonly version?: Readonly<Record<string, string>>
  /** `job_workflow_ref` of the job, where it is known. */
  readonly jobWorkflowRef?: string | undefined
  readonly recorders?: readonly Recorder[]
  /** The command succeeded and then an output could not be recorded: called with the rest before the fault is thrown. */
  readonly onFault?: ((recording: Recording) => Promise<void>) | undefined
}

/**
 * Observes, runs the command, observes again. What recorders refuse before the command keeps it from starting.
 *
 * A command that fails is recorded in full; its outputs are then listed as far as they are there.
 *
 * @throws {CleanbillError} before the command: `UNSAFE_TRIGGER`, `INPUT_INVALID`, `PATTERN_UNSAFE`, `PATH_UNSAFE`,
 *   `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `COMMAND_NOT_FOUND`, `ARGUMENT_INVALID`; after it, when it succeeded:
 *   `PATTERN_NO_MATCH`, `SUBJECT_EMPTY`, `SUBJECT_NAME_DUPLICATE`, `SUBJECT_CHANGED`, `PATH_UNSAFE`, `FILE_UNREADABLE`
 */
export async function recordRun(given: RecordContext, options: RecordRunOptions): Promise<Recording> {
  const context: RecordContext = { ...given, out: options.out ?? given.out }
  const { host, workspace, argv, childEnv } = context
  const sessions: RecorderSession[] = []
  for (const recorder of options.recorders ?? RECORDERS) sessions.push(await recorder.start(context))
  const startedOn = timestamp(host.now())
  const result = await runCommand({ ...options, argv, cwd: workspace, env: childEnv })
  const finishedOn = timestamp(host.now())
  const recorded: Recorded[] = []
  let fault: unknown
  for (const session of sessions) {
    try {
      recorded.push(await session.finish({ exit: result.exit }))
    } catch (error) {
      fault ??= error
      recorded.push(await session.finish({ exit: result.exit, lenient: true }))
    }
  }
  const incomplete = fault === undefined ? [] : [INCOMPLETE]
  const merged = mergeContributions([...recorded, ownContribution(result, options), { limits: incomplete }])
  const { env } = host
  const invocationId = invocationIdentity(env)
  const recording: Recording = {
    schema: RECORDING_SCHEMA,
    kind: context.kind,
    startedOn,
    finishedOn,
    exit: result.exit,
    externalParameters: merged.externalParameters,
    internalParameters: merged.internalParameters,
    resolvedDependencies: merged.resolvedDependencies,
    byproducts: merged.byproducts,
    builder: { id: builderIdentity(env, options.mode, options.jobWorkflowRef), version: merged.builderVersion },
    ...(invocationId === undefined ? {} : { invocationId }),
    outputs: recorded.flatMap(({ outputs }) => outputs ?? []),
    limits: merged.limits,
  }
  if (fault === undefined) return recording
  // The training may have taken days: what was seen is kept, whatever one mistyped pattern says.
  await options.onFault?.(recording)
  throw fault
}

function ownContribution(result: CommandResult, options: RecordRunOptions): Contribution {
  return {
    byproducts: [describeStream('stdout', result.stdout), describeStream('stderr', result.stderr)],
    builderVersion: options.version ?? {},
    limits: [
      TENANT_REPORTED,
      ...(options.mode === 'same-job' ? [SAME_JOB] : []),
      ...(options.limits ?? []),
      ...result.limits,
    ],
  }
}

/** By digest only: what a command prints may hold anything (T-AC-15). */
function describeStream(name: string, { sha256, bytes }: StreamDigest): ResourceDescriptor {
  return { name, digest: { sha256 }, annotations: { role: 'output-stream', bytes } }
}

export const TENANT_REPORTED: Limit = {
  code: 'DEPENDENCIES_TENANT_REPORTED',
  message: 'the list of dependencies was made in the job that used them; what is not on it may have been used as well',
}
const INCOMPLETE: Limit = {
  code: RECORDING_INCOMPLETE,
  message: 'an output could not be recorded: this recording is not to be signed',
}
const SAME_JOB: Limit = {
  code: 'SAME_JOB_SIGNING',
  message:
    'the statement is signed in the job that ran the command: code with root in it can reach the signing identity',
}

/** RFC 3339 in UTC, whole seconds, as SLSA's examples have it. */
function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z')
}
