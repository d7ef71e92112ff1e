import { basename, isAbsolute } from 'node:path'
import { pathKind, readFileBytes } from '../io/files.ts'
import { isCleanbillError } from '../model/error.ts'
import { appendLines } from './file.ts'
import { parseImageReference } from './image-reference.ts'

/** An output as the runner can be told of it. */
export type DeclaredOutput =
  /** Absolute path of a regular file; the runner hashes it itself when the step ends. */
  | { readonly kind: 'file'; readonly path: string }
  /** Image reference with a digest: `registry/name[:tag]@sha256:<hex>`, with or without `oci://`. */
  | { readonly kind: 'image'; readonly reference: string }

export type LeftOutReason =
  /** `=`, a line break or a blank at an end: the channel reserves or would misread it. */
  | 'name'
  /** The runner takes regular files only. */
  | 'not-a-file'
  /** Two files with one base name: the runner fails the step when their digests differ. */
  | 'base-name-twice'
  | 'no-digest'
  /** 1 MiB a step, 500 subjects a job. */
  | 'limit'
  /** The file of the runner is a symlink, a device or too big to read. */
  | 'channel'

export interface Declared {
  readonly declared: readonly DeclaredOutput[]
  readonly leftOut: readonly { readonly output: DeclaredOutput; readonly reason: LeftOutReason }[]
}

/** Source: actions/runner 2.336.0 (formats.md §19). */
export const ARTIFACTS_MAX_BYTES = 1024 * 1024
export const ARTIFACTS_MAX_SUBJECTS = 500

/**
 * Tells the runner which files and images this step made, so that `actions/attest` in a later step can attest them
 * too. For interoperability only: any step can write there, and nothing of ours reads it back.
 *
 * What cannot be declared is left out and named: a bad line would fail the user's step for a courtesy of ours.
 *
 * @param file `GITHUB_ARTIFACTS`; undefined or empty where the runner does not offer it
 * @throws {CleanbillError} `DISK_FULL`, `WRITE_FAILED`
 */
export async function declareArtifacts(
  file: string | undefined,
  outputs: readonly DeclaredOutput[],
): Promise<Declared> {
  if (file === undefined || file === '') return { declared: [], leftOut: [] }
  const present = await readPresent(file)
  if (present === undefined) return { declared: [], leftOut: outputs.map((output) => ({ output, reason: 'channel' })) }

  const theirs = new Set(present.lines.map(lineName))
  const counts = new Map<string, number>()
  for (const output of unique(outputs)) counts.set(nameOf(output), (counts.get(nameOf(output)) ?? 0) + 1)

  const declared: DeclaredOutput[] = []
  const lines: string[] = []
  const leftOut: { output: DeclaredOutput; reason: LeftOutReason }[] = []
  let bytes = present.bytes + 1
  for (const output of unique(outputs)) {
    const line = lineOf(output)
    const size = Buffer.byteLength(line) + 1
    let reason = await objection(output)
    if (reason === undefined && present.lines.includes(line)) continue
    if (output.kind === 'file' && ((counts.get(nameOf(output)) ?? 0) > 1 || theirs.has(nameOf(output)))) {
      reason ??= 'base-name-twice'
    }
    if (bytes + size > ARTIFACTS_MAX_BYTES || present.lines.length + lines.length >= ARTIFACTS_MAX_SUBJECTS) {
      reason ??= 'limit'
    }
    if (reason !== undefined) leftOut.push({ output, reason })
    else {
      declared.push(output)
      lines.push(line)
      bytes += size
    }
  }
  if (lines.length > 0) await appendLines(file, lines)
  return { declared, leftOut }
}

async function readPresent(file: string): Promise<{ lines: string[]; bytes: number } | undefined> {
  const kind = await pathKind(file)
  if (kind === undefined) return { lines: [], bytes: 0 }
  if (kind !== 'file') return undefined
  try {
    const content = await readFileBytes(file, ARTIFACTS_MAX_BYTES)
    const lines = Buffer.from(content).toString('utf8').split(/\r?\n/)
    return { lines: lines.filter((line) => line !== '' && !line.startsWith('#')), bytes: content.length }
  } catch (error) {
    if (isCleanbillError(error)) return undefined
    throw error
  }
}

async function objection(output: DeclaredOutput): Promise<LeftOutReason | undefined> {
  const text = output.kind === 'file' ? output.path : output.reference
  if (/[=\r\n\0\uFFFD]/.test(text) || text !== text.trim()) return 'name'
  if (output.kind === 'file') {
    return isAbsolute(text) && (await pathKind(text)) === 'file' ? undefined : 'not-a-file'
  }
  try {
    return parseImageReference(text).digest === undefined ? 'no-digest' : undefined
  } catch {
    return 'name'
  }
}

const bare = (reference: string) => reference.replace(/^oci:\/\//, '')
const lineOf = (output: DeclaredOutput) =>
  output.kind === 'file' ? `file://${output.path}` : `oci://${bare(output.reference)}`
const nameOf = (output: DeclaredOutput) => (output.kind === 'file' ? basename(output.path) : bare(output.reference))
const lineName = (line: string) => (line.startsWith('oci://') ? bare(line) : basename(line.replace(/^file:\/\//, '')))

function unique(outputs: readonly DeclaredOutput[]): DeclaredOutput[] {
  return [...new Map(outputs.map((output) => [lineOf(output), output])).values()]
}
