import { createHash } from 'node:crypto'
import type { ResourceDescriptor } from '../../model/statement.ts'
import type { GateResult } from '../gate.ts'

/** What the gate saw, for the provenance of the command that ran after it. */
export interface RecordedGate {
  readonly dependencies: readonly ResourceDescriptor[]
  readonly byproducts: readonly ResourceDescriptor[]
}

/** So many stand in the statement itself; the verdict, named by its digest, has all of them. */
const MAX_INLINE = 1000

/**
 * The judged dependencies with the attestations that were verified for them, and the verdict as a document. Whoever
 * reads the provenance later can ask again whether those attestations still count.
 *
 * @param text the document as it was written
 */
export function toRecordedGate({ verdict, subjects }: GateResult, text: string): RecordedGate {
  const dependencies = subjects
    .slice(0, MAX_INLINE)
    .flatMap(({ dependency, evidence }, index): ResourceDescriptor[] => {
      const { id, digests, files = [] } = dependency
      const digest = Object.keys(digests).length > 0 ? digests : files.length === 1 ? files[0]?.digests : undefined
      const attestations = evidence.accepted.map(({ payloadSha256 }) => `sha256:${payloadSha256}`)
      const state = verdict.dependencies[index]?.state
      if (digest === undefined || state === undefined) return []
      const annotations = { role: 'dependency', state, ...(attestations.length === 0 ? {} : { attestations }) }
      return [{ uri: id, digest, annotations }]
    })
  const { result, profile, total } = verdict
  return {
    dependencies,
    byproducts: [
      {
        name: 'verdict.json',
        digest: { sha256: createHash('sha256').update(text).digest('hex') },
        mediaType: 'application/json',
        annotations: { role: 'gate-verdict', result, profile, dependencies: total },
      },
    ],
  }
}
