import { randomUUID } from 'node:crypto'
import { appendRunnerFile } from '../append-runner-file.ts'

/** Outputs of the action; the first three are named as in actions/attest. Compared with action.yml by a test. */
export const OUTPUTS = [
  { name: 'bundle-path', description: 'The Sigstore bundle (the first one with subject-mode single).' },
  { name: 'attestation-id', description: "Id in GitHub's attestation store." },
  { name: 'attestation-url', description: 'Page of that attestation.' },
  { name: 'bundle-paths', description: 'All bundles, a line each.' },
  { name: 'recording-path', description: 'What was recorded, unsigned.' },
  { name: 'signed', description: 'true when every statement is signed.' },
  { name: 'pending', description: 'true when something waits in the outbox.' },
  { name: 'outbox-path', description: 'The outbox, when something waits.' },
  { name: 'exit-code', description: "The wrapped command's exit code." },
  { name: 'subject-digest', description: 'Digest of the first output, e.g. sha256:….' },
  { name: 'verdict', description: 'PASSED or FAILED, where the gate judged.' },
  { name: 'verdict-path', description: 'The verdict with every dependency, finding and limit, JSON.' },
] as const

export type OutputName = (typeof OUTPUTS)[number]['name']

/**
 * Appends to `GITHUB_OUTPUT`. The delimiter is random for every value: a value that holds the delimiter would start an
 * output of the attacker's own (T-AC-03).
 */
export function setOutput(file: string | undefined, name: OutputName, value: string): void {
  if (file === undefined || file === '') return
  const delimiter = `cleanbill_${randomUUID()}`
  appendRunnerFile(file, `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
}
