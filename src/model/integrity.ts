import { decodeBase64 } from './base64.ts'
import type { DigestSet } from './digest.ts'
import { CleanbillError } from './error.ts'

const BYTES: Readonly<Record<string, number>> = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 }

/**
 * Reads Subresource Integrity as package managers write it (`sha512-<base64>`, several apart by blanks) into hex.
 * Stricter than ssri, which drops what it does not understand: an entry whose hash is silently ignored is an entry
 * without one. Two values of one algorithm are refused, since either would satisfy an installer. Source: W3C SRI §3.1.
 *
 * @throws {CleanbillError} `DIGEST_MALFORMED`
 */
export function parseIntegrity(text: string): DigestSet {
  const digests: Record<string, string> = {}
  for (const item of text.split(/[ \t\n\r]/)) {
    if (item === '') continue
    const [, algorithm = '', base64 = ''] =
      /^(md5|sha1|sha256|sha384|sha512)-([^?]+)(?:\?[\x21-\x7e]*)?$/.exec(item) ?? []
    const hex = base64 === '' ? undefined : toHex(base64)
    if (hex === undefined || hex.length !== (BYTES[algorithm] ?? 0) * 2) {
      throw malformed(`${JSON.stringify(item.slice(0, 100))} is no integrity value`)
    }
    if (digests[algorithm] !== undefined && digests[algorithm] !== hex) {
      throw malformed(`the integrity names two ${algorithm} values; either would be accepted`)
    }
    digests[algorithm] = hex
  }
  if (Object.keys(digests).length === 0) throw malformed('the integrity is empty')
  return digests
}

function toHex(base64: string): string | undefined {
  try {
    return Buffer.from(decodeBase64(base64, 'an integrity value')).toString('hex')
  } catch {
    return undefined
  }
}

function malformed(why: string): CleanbillError {
  return new CleanbillError('DIGEST_MALFORMED', why)
}
