import { CleanbillError } from './error.ts'

/**
 * in-toto DigestSet: algorithm → value. Values are lower-case hex for the named algorithms.
 * Source: in-toto attestation framework v1.2, `spec/v1/digest_set.md`.
 */
export type DigestSet = Readonly<Record<string, string>>

/** Hex lengths of the algorithms whose form we know; a value of another length is refused. */
const HEX_LENGTHS: Readonly<Record<string, readonly number[]>> = {
  md5: [32],
  sha1: [40],
  sha224: [56],
  sha256: [64],
  sha384: [96],
  sha512: [128],
  sha512_224: [56],
  sha512_256: [64],
  sha3_224: [56],
  sha3_256: [64],
  sha3_384: [96],
  sha3_512: [128],
  blake2b: [128],
  blake3: [64],
  dirHash: [64],
  gitCommit: [40, 64],
  gitTree: [40, 64],
  gitBlob: [40, 64],
  gitTag: [40, 64],
}

/** Strong enough to identify the bytes of a file. sha1 and md5 are not; gitCommit identifies git objects only. */
export const FILE_DIGEST_ALGORITHMS = ['sha256', 'sha384', 'sha512'] as const
export type FileDigestAlgorithm = (typeof FILE_DIGEST_ALGORITHMS)[number]

export interface Digest {
  readonly algorithm: string
  readonly hex: string
}

/**
 * Reads one digest value: hex, lower-cased, of the length its algorithm has.
 *
 * @throws {CleanbillError} `DIGEST_MALFORMED`
 */
export function parseDigestValue(algorithm: string, value: unknown): string {
  if (typeof value !== 'string') throw malformed(algorithm, 'is not a string')
  const lengths = HEX_LENGTHS[algorithm]
  // Free keys of a DigestSet hold immutable, non-cryptographic ids (formats.md §4): kept, never compared as hashes.
  if (lengths === undefined) return value
  const hex = value.toLowerCase()
  if (!/^[0-9a-f]+$/.test(hex)) throw malformed(algorithm, 'is not hexadecimal')
  if (!lengths.includes(hex.length)) throw malformed(algorithm, `has ${hex.length} digits, not ${lengths.join(' or ')}`)
  return hex
}

/**
 * Reads `sha256:<hex>`, `sha384:<hex>` or `sha512:<hex>`.
 *
 * @throws {CleanbillError} `DIGEST_MALFORMED`
 */
export function parseDigest(text: string): Digest {
  const colon = text.indexOf(':')
  const algorithm = colon < 0 ? '' : text.slice(0, colon)
  if (!isFileDigestAlgorithm(algorithm)) {
    throw new CleanbillError('DIGEST_MALFORMED', `not a digest: ${JSON.stringify(text.slice(0, 100))}`, {
      hint: 'Write sha256:<64 hex digits> or sha512:<128 hex digits>.',
    })
  }
  return { algorithm, hex: parseDigestValue(algorithm, text.slice(colon + 1)) }
}

/** 40 hexadecimal digits, or 64 in a repository with SHA-256. A short hash can be made to mean another commit. */
export function isCommit(text: string | undefined): boolean {
  return text !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

export function isFileDigestAlgorithm(name: string): name is FileDigestAlgorithm {
  return (FILE_DIGEST_ALGORITHMS as readonly string[]).includes(name)
}

/**
 * Do two sets name the same bytes? At least one strong algorithm must be on both sides, and **every** strong
 * algorithm that is on both sides must agree. The specification is content with one: then `{sha256: A, sha512: X}`
 * would match `{sha256: A, sha512: Y}`, and one of the two is lying.
 */
export function digestsMatch(
  left: DigestSet,
  right: DigestSet,
  algorithms: readonly string[] = FILE_DIGEST_ALGORITHMS,
): boolean {
  const shared = algorithms.filter((name) => left[name] !== undefined && right[name] !== undefined)
  return shared.length > 0 && shared.every((name) => left[name]?.toLowerCase() === right[name]?.toLowerCase())
}

function malformed(algorithm: string, why: string): CleanbillError {
  return new CleanbillError('DIGEST_MALFORMED', `the ${JSON.stringify(algorithm.slice(0, 40))} digest ${why}`)
}
