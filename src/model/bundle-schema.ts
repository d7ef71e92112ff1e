import { z } from 'zod'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { CleanbillError, isCleanbillError } from './error.ts'

/** Media types that are bundles, compared with `===` (the library also takes `…;version=0.9` and `…v0.3+jsonX`). */
export const BUNDLE_MEDIA_TYPES = {
  'application/vnd.dev.sigstore.bundle+json;version=0.1': '0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2': '0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3': '0.3',
  'application/vnd.dev.sigstore.bundle.v0.3+json': '0.3',
} as const
export const BUNDLE_V03 = 'application/vnd.dev.sigstore.bundle.v0.3+json'

/** A byte field: strict base64 in, bytes out; empty is refused. */
const bytes = z.string().transform((text, ctx): Uint8Array => {
  try {
    const decoded = decodeBase64(text, 'it')
    if (decoded.length === 0) ctx.addIssue({ code: 'custom', message: 'is empty' })
    return decoded
  } catch {
    ctx.addIssue({ code: 'custom', message: 'is not canonical base64', params: { cleanbill: 'BASE64_MALFORMED' } })
    return new Uint8Array()
  }
})

/** protobuf JSON writes int64 as a string; a number is accepted where it is exact. One spelling: no sign, no leading zero. */
const uint64 = z
  .union([z.string().regex(/^(?:0|[1-9]\d{0,18})$/), z.int().nonnegative()])
  .transform((value) => String(value))

/** In protobuf JSON `null` and absent are the same. */
function unset<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

const checkpoint = z
  .string()
  .max(64 * 1024)
  .refine(isCheckpoint, 'is not a checkpoint')

/**
 * Source: transparency-dev/formats `log/README.md`. The library reads the size with `BigInt()`, which takes `0x10`,
 * blanks and the empty string, and does not look at the length of the root hash.
 */
function isCheckpoint(text: string): boolean {
  const cut = text.indexOf('\n\n')
  if (cut < 0) return false
  const [origin, size, root] = text.split('\n', 3)
  const signatures = text.slice(cut + 2)
  if (origin === undefined || origin === '') return false
  if (size === undefined || !/^(?:0|[1-9]\d{0,18})$/.test(size)) return false
  if (root === undefined || !isBase64(root, 32)) return false
  // None at all is a matter of proof, not of form: the verifier says so.
  if (signatures === '') return true
  if (!signatures.endsWith('\n')) return false
  const lines = signatures.slice(0, -1).split('\n')
  return lines.length <= 64 && lines.every((line) => /^\u2014 [^\s+]+ [A-Za-z0-9+/=]+$/.test(line))
}

function isBase64(text: string, length: number): boolean {
  const decoded = Buffer.from(text, 'base64')
  return decoded.length === length && decoded.toString('base64') === text
}

const logEntry = z.object({
  logIndex: unset(uint64),
  logId: z.object({ keyId: bytes }),
  kindVersion: z.object({ kind: z.string().max(64), version: z.string().max(64) }),
  integratedTime: unset(uint64),
  inclusionPromise: unset(z.object({ signedEntryTimestamp: bytes })),
  inclusionProof: unset(
    z.object({
      logIndex: unset(uint64),
      rootHash: unset(bytes),
      treeSize: unset(uint64),
      hashes: unset(z.array(bytes).max(64)),
      checkpoint: unset(z.object({ envelope: checkpoint })),
    }),
  ),
  canonicalizedBody: bytes,
})

const certificate = z.object({ rawBytes: bytes })

/** Signature count is not judged here: an envelope with none or two has a code of its own. */
export const envelopeSchema = z.object({
  payload: bytes,
  payloadType: z.string().max(256),
  signatures: unset(z.array(z.object({ sig: bytes, keyid: unset(z.string().max(512)) })).max(100)),
})

export const logEntriesSchema = z.array(logEntry).max(32)

const DIGESTS = { SHA2_256: 'sha256', SHA2_384: 'sha384', SHA2_512: 'sha512' } as const
const DIGEST_BYTES = { SHA2_256: 32, SHA2_384: 48, SHA2_512: 64 } as const

const messageSignature = z.object({
  messageDigest: z
    .object({ algorithm: z.enum(['SHA2_256', 'SHA2_384', 'SHA2_512']), digest: bytes })
    .refine((value) => value.digest.length === DIGEST_BYTES[value.algorithm], 'has a digest of another length'),
  signature: bytes,
})

export const bundleSchema = z.object({
  mediaType: z.string(),
  verificationMaterial: z.object({
    certificate: unset(certificate),
    x509CertificateChain: unset(z.object({ certificates: z.array(certificate).min(1).max(16) })),
    // `rawBytes` and `keyDetails` stand here in OMS bundles before v1.1.0: a key that comes with the signature proves
    // nothing, so they are not read.
    publicKey: unset(z.object({ hint: unset(z.string().max(512)) })),
    tlogEntries: unset(logEntriesSchema),
    timestampVerificationData: unset(
      z.object({ rfc3161Timestamps: unset(z.array(z.object({ signedTimestamp: bytes })).max(32)) }),
    ),
  }),
  dsseEnvelope: unset(envelopeSchema),
  messageSignature: unset(messageSignature),
})

export type ParsedBundle = z.output<typeof bundleSchema>
export type ParsedLogEntry = z.output<typeof logEntry>
export type ParsedEnvelope = z.output<typeof envelopeSchema>

export const digestName = (algorithm: keyof typeof DIGESTS) => DIGESTS[algorithm]

/**
 * Runs a schema over bundle JSON.
 *
 * @throws {CleanbillError} `BUNDLE_MALFORMED`, `BASE64_MALFORMED`
 */
export function parseBundlePart<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  let result: ReturnType<T['safeParse']>
  try {
    result = schema.safeParse(value) as ReturnType<T['safeParse']>
  } catch (cause) {
    if (isCleanbillError(cause)) throw cause
    throw new CleanbillError('BUNDLE_MALFORMED', `${where} cannot be read as a bundle`, { cause })
  }
  if (result.success) return result.data as z.output<T>
  const issue = result.error?.issues[0]
  const base64 = issue !== undefined && 'params' in issue && issue.params?.cleanbill === 'BASE64_MALFORMED'
  const path = issue?.path.map(String).join('.').slice(0, 160) ?? ''
  throw new CleanbillError(
    base64 ? 'BASE64_MALFORMED' : 'BUNDLE_MALFORMED',
    `${where}${path === '' ? '' : `, ${path}`}: ${issue?.message ?? 'is not a bundle'}`,
  )
}

/** Parsed values back to JSON: byte arrays as standard base64, `undefined` dropped. */
export function toWire(value: unknown): unknown {
  if (value instanceof Uint8Array) return encodeBase64(value)
  if (Array.isArray(value)) return value.map(toWire)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .map(([k, v]) => [k, toWire(v)]),
  )
}
