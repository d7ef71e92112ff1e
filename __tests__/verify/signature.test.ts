import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { FetchedAttestation } from '../../src/model/attestation.ts'
import { checkSignature, firstThatSigned } from '../../src/verify/signature.ts'
import { codeOf } from '../support/real-signer.ts'

const SIGNED = Buffer.from('signed bytes')
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const p256 = ec('P-256')

function attestation(signature: Uint8Array, kind: 'dsse' | 'message' = 'dsse'): FetchedAttestation {
  return { where: 'test', content: { kind, signature } } as unknown as FetchedAttestation
}
const by = (key: KeyObject, hash: string | null = 'sha256', dsaEncoding: 'der' | 'ieee-p1363' = 'der') =>
  sign(hash, SIGNED, { key, dsaEncoding })

describe('checkSignature', () => {
  it('refuses the signature over other bytes and by another key', async () => {
    const good = by(p256.privateKey)
    expect(await codeOf(() => checkSignature(attestation(good), p256.publicKey, Buffer.from('other')))).toBe(
      'SIGNATURE_INVALID',
    )
    expect(await codeOf(() => checkSignature(attestation(good), ec('P-256').publicKey, SIGNED))).toBe(
      'SIGNATURE_INVALID',
    )
    expect(await codeOf(() => checkSignature(attestation(Buffer.from('x')), p256.publicKey, SIGNED))).toBe(
      'SIGNATURE_INVALID',
    )
  })

  it('gives on what the library would compute in the same way, and nothing else', () => {
    const proves = (signature: Uint8Array, key: KeyObject, kind?: 'dsse' | 'message') =>
      checkSignature(attestation(signature, kind), key, SIGNED) !== undefined
    expect(proves(by(p256.privateKey), p256.publicKey)).toBe(true)
    expect(proves(by(p256.privateKey), p256.publicKey, 'message')).toBe(false)
    expect(proves(by(p256.privateKey, 'sha256', 'ieee-p1363'), p256.publicKey)).toBe(false)
    const p384 = ec('P-384')
    expect(proves(by(p384.privateKey, 'sha384'), p384.publicKey)).toBe(false)
    expect(proves(by(p384.privateKey, 'sha256'), p384.publicKey)).toBe(true)
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    expect(proves(sign('sha256', SIGNED, rsa.privateKey), rsa.publicKey)).toBe(false)
    const ed25519 = generateKeyPairSync('ed25519')
    expect(proves(sign(null, SIGNED, ed25519.privateKey), ed25519.publicKey)).toBe(false)
  })
})

describe('firstThatSigned', () => {
  it('finds the key, or none', () => {
    const trusted = (key: KeyObject) => ({ hint: '', key, start: undefined, end: undefined, source: 'key' as const })
    const [one, two] = [trusted(ec('P-256').publicKey), trusted(p256.publicKey)]
    const good = attestation(by(p256.privateKey))
    expect(firstThatSigned([one, two], good, SIGNED)?.found).toBe(two)
    expect(firstThatSigned([one], good, SIGNED)).toBeUndefined()
  })
})
