import { CleanbillError } from './error.ts'

const URL_SAFE = /^[A-Za-z0-9_-]*={0,2}$/

/**
 * Decodes base64 strictly. `Buffer.from(s, 'base64')` skips junk, so a payload with characters inserted would decode
 * to the same bytes and two different texts would name one signed thing (formats.md §1).
 *
 * DSSE and protobuf JSON both allow the URL-safe alphabet on input, so that is accepted too, padded or not.
 *
 * @throws {CleanbillError} `BASE64_MALFORMED`
 */
export function decodeBase64(text: string, what: string): Uint8Array {
  // One decoder takes both alphabets and skips junk. Only the canonical text is what comes out when it is written again.
  const bytes = Buffer.from(text, 'base64')
  const canonical = bytes.toString('base64') === text || (URL_SAFE.test(text) && isCanonicalUrlSafe(text, bytes))
  if (!canonical) throw new CleanbillError('BASE64_MALFORMED', `${what} is not canonical base64`)
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function isCanonicalUrlSafe(text: string, bytes: Buffer): boolean {
  const bare = text.replace(/=+$/, '')
  return bytes.toString('base64url') === bare && (bare === text || text.length % 4 === 0)
}

/** Standard alphabet with padding: the only form we write. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
