import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  BUNDLE_MEDIA_TYPES,
  BUNDLE_V03,
  bundleSchema,
  digestName,
  parseBundlePart,
  toWire,
} from '../../src/model/bundle-schema.ts'
import { CleanbillError } from '../../src/model/error.ts'
import type { LooseJson } from '../support/real-signer.ts'
import { b64, certificate, checkpoint, errorOf, fullBundle, line, message, ROOT } from './bundle-parts.ts'

const read = (bundle: unknown) => parseBundlePart(bundleSchema, bundle, 'x.json')
const written = (bundle: unknown): LooseJson => toWire(read(bundle))
const entryOf = (bundle: LooseJson) => bundle.verificationMaterial.tlogEntries[0]
const proofOf = (bundle: LooseJson) => entryOf(bundle).inclusionProof
const refusal = (change: (bundle: LooseJson) => void) => errorOf(() => read(fullBundle(change)))

function withCheckpoint(text: string) {
  return (bundle: LooseJson) => {
    proofOf(bundle).checkpoint.envelope = text
  }
}

describe('the schema of a bundle', () => {
  it('knows the media type it writes as version 0.3', () => {
    expect(BUNDLE_MEDIA_TYPES[BUNDLE_V03]).toBe('0.3')
  })

  it('writes what it has read again, every field of it', () => {
    expect(written(fullBundle())).toEqual(fullBundle())
    const withKey = fullBundle((b) => {
      delete b.verificationMaterial.certificate
      b.verificationMaterial.publicKey = { hint: 'k'.repeat(512) }
      message(b, 'SHA2_256', 32)
    })
    expect(written(withKey)).toEqual(withKey)
    const withChain = fullBundle((b) => {
      delete b.verificationMaterial.certificate
      b.verificationMaterial.x509CertificateChain = { certificates: [{ rawBytes: certificate }, { rawBytes: ROOT }] }
    })
    expect(written(withChain)).toEqual(withChain)
  })

  it('takes null for a field that is not there, and an exact number for an integer', () => {
    const bundle = fullBundle((b) => {
      b.messageSignature = null
      b.verificationMaterial.publicKey = null
      entryOf(b).logIndex = 0
      entryOf(b).integratedTime = null
      proofOf(b).treeSize = 42
    })
    const again = written(bundle)
    expect(again).not.toHaveProperty('messageSignature')
    expect(again.verificationMaterial).not.toHaveProperty('publicKey')
    expect(entryOf(again)).not.toHaveProperty('integratedTime')
    expect(entryOf(again).logIndex).toBe('0')
    expect(proofOf(again).treeSize).toBe('42')
  })

  it.for(['0', '7', '10', '9223372036854775807'])('takes the integer %s', (value) => {
    expect(entryOf(written(fullBundle((b) => (entryOf(b).logIndex = value)))).logIndex).toBe(value)
  })

  it.for<unknown>([
    '',
    '00',
    '01',
    '+1',
    '-1',
    ' 1',
    '1 ',
    '1a',
    'a1',
    '0x10',
    '1.0',
    `1${'0'.repeat(19)}`,
    -1,
    1.5,
    true,
  ])('refuses %j for an integer, which two readers may read differently', (value) => {
    expect(refusal((b) => (entryOf(b).logIndex = value)).code).toBe('BUNDLE_MALFORMED')
  })

  it.for([
    ['SHA2_256', 32, 'sha256'],
    ['SHA2_384', 48, 'sha384'],
    ['SHA2_512', 64, 'sha512'],
  ] as const)('takes a %s digest of %i bytes and of no other length', ([algorithm, length, name]) => {
    const { messageSignature } = read(fullBundle((b) => message(b, algorithm, length)))
    expect(messageSignature?.messageDigest).toEqual({ algorithm, digest: new Uint8Array(length).fill(9) })
    expect(digestName(algorithm)).toBe(name)
    for (const other of [length - 1, length + 1]) {
      expect(refusal((b) => message(b, algorithm, other)).code).toBe('BUNDLE_MALFORMED')
    }
  })

  it('refuses a digest of an algorithm that it does not know', () => {
    expect(refusal((b) => message(b, 'SHA1', 20)).code).toBe('BUNDLE_MALFORMED')
    expect(refusal((b) => message(b, '', 20)).code).toBe('BUNDLE_MALFORMED')
  })

  const times = (count: number, value: unknown) => Array.from({ length: count }, () => structuredClone(value))
  it.for<[string, number, (bundle: LooseJson, count: number) => void]>([
    ['log entries', 32, (b, n) => (b.verificationMaterial.tlogEntries = times(n, entryOf(b)))],
    ['hashes of a proof', 64, (b, n) => (proofOf(b).hashes = times(n, ROOT))],
    [
      'timestamps',
      32,
      (b, n) =>
        (b.verificationMaterial.timestampVerificationData.rfc3161Timestamps = times(n, { signedTimestamp: ROOT })),
    ],
    [
      'certificates of a chain',
      16,
      (b, n) => (b.verificationMaterial.x509CertificateChain = { certificates: times(n, { rawBytes: certificate }) }),
    ],
    ['signatures of an envelope', 100, (b, n) => (b.dsseEnvelope.signatures = times(n, { sig: ROOT }))],
    ['letters of a key hint', 512, (b, n) => (b.verificationMaterial.publicKey = { hint: 'k'.repeat(n) })],
    ['letters of a key id', 512, (b, n) => (b.dsseEnvelope.signatures[0].keyid = 'k'.repeat(n))],
    ['letters of a payload type', 256, (b, n) => (b.dsseEnvelope.payloadType = 't'.repeat(n))],
    ['letters of an entry kind', 64, (b, n) => (entryOf(b).kindVersion.kind = 'k'.repeat(n))],
    ['letters of an entry version', 64, (b, n) => (entryOf(b).kindVersion.version = 'v'.repeat(n))],
    ['lines of signatures', 64, (b, n) => withCheckpoint(checkpoint({ signatures: line().repeat(n) }))(b)],
    [
      'letters of a checkpoint',
      64 * 1024,
      (b, n) => withCheckpoint(checkpoint({ origin: 'o'.repeat(n - checkpoint({ origin: '' }).length) }))(b),
    ],
  ])('reads %s up to %i', ([, most, fill]) => {
    expect(() => read(fullBundle((b) => fill(b, most)))).not.toThrow()
    expect(refusal((b) => fill(b, most + 1)).code).toBe('BUNDLE_MALFORMED')
  })

  it.for<[string, (bundle: LooseJson) => void]>([
    ['mediaType', (b) => delete b.mediaType],
    ['verificationMaterial.certificate.rawBytes', (b) => (b.verificationMaterial.certificate = {})],
    [
      'verificationMaterial.x509CertificateChain.certificates',
      (b) => (b.verificationMaterial.x509CertificateChain = { certificates: [] }),
    ],
    ['verificationMaterial.tlogEntries.0.logId.keyId', (b) => (entryOf(b).logId = {})],
    ['verificationMaterial.tlogEntries.0.kindVersion.kind', (b) => delete entryOf(b).kindVersion.kind],
    ['verificationMaterial.tlogEntries.0.kindVersion.version', (b) => delete entryOf(b).kindVersion.version],
    ['verificationMaterial.tlogEntries.0.canonicalizedBody', (b) => delete entryOf(b).canonicalizedBody],
    [
      'verificationMaterial.tlogEntries.0.inclusionPromise.signedEntryTimestamp',
      (b) => (entryOf(b).inclusionPromise = {}),
    ],
    ['verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope', (b) => (proofOf(b).checkpoint = {})],
    [
      'verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp',
      (b) => (b.verificationMaterial.timestampVerificationData.rfc3161Timestamps = [{}]),
    ],
    ['dsseEnvelope.payload', (b) => delete b.dsseEnvelope.payload],
    ['dsseEnvelope.signatures.0.sig', (b) => delete b.dsseEnvelope.signatures[0].sig],
  ])('names the missing %s', ([path, change]) => {
    const { code, message } = refusal(change)
    expect(code).toBe('BUNDLE_MALFORMED')
    expect(message.startsWith(`x.json, ${path}: `)).toBe(true)
  })

  it.for<[string, string, string]>([
    ['is empty', '', 'BUNDLE_MALFORMED'],
    ['is not canonical base64', 'c2ln!', 'BASE64_MALFORMED'],
    ['is not canonical base64', 'c2lnZZ==', 'BASE64_MALFORMED'],
  ])('says of bytes which it refuses that this %s: %j', ([why, text, code]) => {
    const error = refusal((b) => (b.dsseEnvelope.payload = text))
    expect(error).toMatchObject({ code })
    expect(error.message).toBe(`x.json, dsseEnvelope.payload: ${why}`)
  })
})

describe('the checkpoint of a proof', () => {
  it.for<[string, string]>([
    ['a size of 0', checkpoint({ size: '0' })],
    ['a size of 19 digits', checkpoint({ size: '1234567890123456789' })],
    ['lines of its own after the root', checkpoint({ extra: 'one\ntwo\n' })],
    ['no signature, which the verifier judges', checkpoint({ signatures: '' })],
    ['two signatures', checkpoint({ signatures: line() + line('witness.example', 'd2l0bmVzcw==') })],
    ['a signature with the letters of base64', checkpoint({ signatures: line('a', 'Az09+/==') })],
  ])('may have %s', ([, text]) => {
    expect(proofOf(written(fullBundle(withCheckpoint(text)))).checkpoint.envelope).toBe(text)
  })

  it.for<[string, string]>([
    ['nothing in it', ''],
    ['no blank line', `log.example\n42\n${ROOT}\n`],
    ['no blank line and the letters of a size at its end', `log.example\n42\n${ROOT}x`],
    ['a blank line alone', '\n\n'],
    ['an empty origin', checkpoint({ origin: '' })],
    ['no size', `log.example\n\n${line()}`],
    ['no root', `log.example\n42\n\n${line()}`],
    ['an empty size', checkpoint({ size: '' })],
    ['a size with a leading zero', checkpoint({ size: '042' })],
    ['a size of 20 digits', checkpoint({ size: '12345678901234567890' })],
    ['a size in hexadecimal, which BigInt() takes', checkpoint({ size: '0x10' })],
    ['blanks around its size', checkpoint({ size: ' 42 ' })],
    ['a blank before its size', checkpoint({ size: ' 42' })],
    ['a blank after its size', checkpoint({ size: '42 ' })],
    ['letters for a size', checkpoint({ size: 'a' })],
    ['a sign and letters for a size', checkpoint({ size: '4ab' })],
    ['a root of 31 bytes', checkpoint({ root: b64(Buffer.alloc(31)) })],
    ['a root of 33 bytes', checkpoint({ root: b64(Buffer.alloc(33)) })],
    ['a root in another alphabet', checkpoint({ root: Buffer.alloc(32, 0xff).toString('base64url') })],
    ['a root with junk', checkpoint({ root: `!${ROOT}` })],
    ['a root without padding', checkpoint({ root: ROOT.replace('=', '') })],
    ['signatures without a last line break', checkpoint({ signatures: line().trimEnd() })],
    ['a blank line among the signatures', checkpoint({ signatures: `${line()}\n${line()}` })],
    ['a blank line before the signatures', checkpoint({ signatures: `\n${line()}` })],
    ['a blank line after the signatures', checkpoint({ signatures: `${line()}\n` })],
    ['a hyphen for the dash', checkpoint({ signatures: '- log.example c2ln\n' })],
    ['something before the dash', checkpoint({ signatures: `x${line()}` })],
    ['a nameless signature', checkpoint({ signatures: line('') })],
    ['a blank for a name', checkpoint({ signatures: line(' ') })],
    ['a name with a plus, which stands between name and key', checkpoint({ signatures: line('a+b') })],
    ['a signature of no letters', checkpoint({ signatures: line('log.example', '') })],
    ['a signature with other letters', checkpoint({ signatures: line('log.example', 'c2l!') })],
    ['a signature of other letters alone', checkpoint({ signatures: line('log.example', '!') })],
    ['words after a signature', checkpoint({ signatures: line('log.example', 'c2ln more') })],
    ['a good signature and a bad one', checkpoint({ signatures: `${line()}bad\n` })],
  ])('is none with %s', ([, text]) => {
    expect(refusal(withCheckpoint(text)).code).toBe('BUNDLE_MALFORMED')
  })
})

describe('parseBundlePart', () => {
  it('says where it was, and no path where the whole is wrong', () => {
    const { code, message } = errorOf(() => read('text'))
    expect(code).toBe('BUNDLE_MALFORMED')
    expect(message.startsWith('x.json: ')).toBe(true)
  })

  it('says at most 160 letters of a path that somebody else chose', () => {
    const { message } = errorOf(() =>
      parseBundlePart(z.record(z.string(), z.number()), { ['k'.repeat(500)]: 'x' }, 'x'),
    )
    expect(message.startsWith(`x, ${'k'.repeat(160)}: `)).toBe(true)
  })

  it('takes a complaint of another kind, with or without parameters, for a malformed bundle', () => {
    for (const params of [undefined, {}, { cleanbill: 'DIGEST_MALFORMED' }]) {
      const schema = z.string().superRefine((_, ctx) => ctx.addIssue({ code: 'custom', message: 'no', params }))
      expect(errorOf(() => parseBundlePart(schema, 'x', 'x')).code).toBe('BUNDLE_MALFORMED')
    }
  })

  it('lets a coded error of a schema through, and codes any other with its cause', () => {
    const throwing = (error: Error) =>
      z.string().transform((): string => {
        throw error
      })
    const coded = new CleanbillError('DIGEST_MALFORMED', 'no digest')
    expect(errorOf(() => parseBundlePart(throwing(coded), 'x', 'x'))).toBe(coded)
    const other = new RangeError('too deep')
    expect(errorOf(() => parseBundlePart(throwing(other), 'x', 'x'))).toMatchObject({
      code: 'BUNDLE_MALFORMED',
      cause: other,
    })
  })
})

it('writes bytes as base64 and leaves out what is undefined, at any depth', () => {
  const value = { bytes: Uint8Array.of(255), gone: undefined, none: null, list: [{ gone: undefined, n: 1 }, 'text'] }
  expect(toWire(value)).toStrictEqual({ bytes: '/w==', none: null, list: [{ n: 1 }, 'text'] })
})
