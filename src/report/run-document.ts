import type { JsonObject } from '../model/json.ts'
import type { Recording } from '../model/recording.ts'
import type { Statement } from '../model/statement.ts'
import { schemaUri } from '../model/uris.ts'

export const RUN_SCHEMA = schemaUri('run-v1')

/** What became of one statement, as a report needs it. */
export interface ReportedAttestation {
  readonly statement: Statement<unknown>
  readonly bundlePath?: string
  readonly published: readonly { readonly publisher: string; readonly id?: string; readonly url?: string }[]
  readonly pending?: { readonly what: string; readonly path: string; readonly sha256: string; readonly code: string }
  readonly refused?: { readonly code: string; readonly message: string; readonly hint: string | undefined }
}

export interface RunReport {
  readonly recording: Recording
  readonly recordingPath: string
  readonly attested: readonly ReportedAttestation[]
  /** The code the process will exit with, and whose it is. */
  readonly exitCode: number
}

/**
 * The `--json-file` document of `run` and `attest`. `exitCodeOf` says whether the code is the command's own or ours:
 * a command may exit 10 too.
 */
export function toRunDocument(report: RunReport): JsonObject {
  const { recording, attested } = report
  const failed = recording.exit.code !== 0
  return {
    schema: RUN_SCHEMA,
    exitCode: report.exitCode,
    exitCodeOf: failed ? 'command' : 'cleanbill',
    command: { exit: { ...recording.exit }, startedOn: recording.startedOn, finishedOn: recording.finishedOn },
    recording: report.recordingPath,
    signed: attested.length > 0 && attested.every(({ bundlePath }) => bundlePath !== undefined),
    pending: attested.some(({ pending }) => pending !== undefined),
    attestations: attested.map(toAttestationEntry),
    outputs: recording.outputs.map(({ role, path, kind, digest, bytes }) => ({ role, path, kind, digest, bytes })),
    limits: recording.limits.map(({ code, message }) => ({ code, message })),
  }
}

export function toAttestationEntry({
  statement,
  bundlePath,
  published,
  pending,
  refused,
}: ReportedAttestation): JsonObject {
  return {
    bundle: bundlePath ?? null,
    predicateType: statement.predicateType,
    subjects: statement.subject.map(({ name, digest }) => ({ name: name ?? null, digest })),
    published: published.map(({ publisher, id, url }) => ({ publisher, id: id ?? null, url: url ?? null })),
    pending:
      pending === undefined
        ? null
        : { what: pending.what, path: pending.path, sha256: pending.sha256, code: pending.code },
    refused:
      refused === undefined ? null : { code: refused.code, message: refused.message, hint: refused.hint ?? null },
  }
}
