import type { ParsedLogEntry } from './bundle-schema.ts'
import { CleanbillError } from './error.ts'

/**
 * v0.1 carries a promise; from v0.2 on a proof with a checkpoint is required (protobuf-specs `sigstore_bundle.proto`).
 *
 * @throws {CleanbillError} `LOG_PROOF_INVALID`
 */
export function checkInclusion(
  entries: readonly ParsedLogEntry[],
  version: '0.1' | '0.2' | '0.3',
  where: string,
): void {
  for (const [index, entry] of entries.entries()) {
    const held =
      version === '0.1' ? entry.inclusionPromise !== undefined : entry.inclusionProof?.checkpoint !== undefined
    if (!held) {
      const what = version === '0.1' ? 'inclusion promise' : 'inclusion proof with a checkpoint'
      throw new CleanbillError('LOG_PROOF_INVALID', `${where}: log entry ${index + 1} has no ${what}`)
    }
    checkStatedTree(entry.inclusionProof, `${where}: log entry ${index + 1}`)
  }
}

/**
 * Root and size stand twice in a proof, and only the checkpoint's are signed: the library uses those and looks at the
 * others never. A reader that shows the unsigned ones would show what somebody else wrote.
 */
function checkStatedTree(proof: ParsedLogEntry['inclusionProof'], where: string): void {
  if (proof?.checkpoint === undefined) return
  const [, size, root = ''] = proof.checkpoint.envelope.split('\n')
  const { rootHash, treeSize = size } = proof
  const sameRoot = rootHash === undefined || Buffer.from(root, 'base64').equals(rootHash)
  if (sameRoot && treeSize === size) return
  throw new CleanbillError('LOG_PROOF_INVALID', `${where} states another tree than its checkpoint`)
}
