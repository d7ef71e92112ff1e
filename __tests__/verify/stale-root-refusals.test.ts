import { readFileSync } from 'node:fs'
import { X509Certificate } from '@sigstore/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { octetString } from '../../src/embedded/der.ts'
import { parseAttestations } from '../../src/model/bundle.ts'
import { parseCertificate } from '../../src/model/certificate.ts'
import { CleanbillError, type ErrorCode } from '../../src/model/error.ts'
import { orStale, type Refused } from '../../src/verify/stale-root.ts'
import { parseTrustedRoots } from '../../src/verify/trust-material.ts'
import { codeSigning, issueCertificate, type TestExtension } from '../support/certificates.ts'
import { type LooseJson, type RealSigner, startRealSigner, statementAbout, toBytes } from '../support/real-signer.ts'

const SIGNED = new Date('2026-06-01T00:00:00Z')
const NOW = new Date('2026-07-01T00:00:00Z')
const LONG_AGO = new Date('2025-01-01T00:00:00Z')

let signer: RealSigner
let stranger: RealSigner
/** Certificates of the two instances, which differ in their CT logs. */
let own: Uint8Array
let other: Uint8Array
let refused: Refused
beforeAll(async () => {
  signer = await startRealSigner(() => SIGNED)
  stranger = await startRealSigner(() => SIGNED)
  const [mine, theirs] = [await signer.sign(statementAbout('a')), await stranger.sign(statementAbout('a'))]
  own = certificateOf(mine)
  other = certificateOf(theirs)
  const [attestation] = parseAttestations(toBytes(mine), 'test').attestations
  if (attestation === undefined) throw new Error('there is no attestation')
  refused = { attestation, leaf: parseCertificate(own), roots: [rootWith(() => undefined)], now: NOW }
})
afterAll(() => Promise.all([signer.close(), stranger.close()]))

const certificateOf = ({ verificationMaterial }: LooseJson) =>
  Buffer.from(verificationMaterial.certificate.rawBytes, 'base64')

/** A root that was current until long ago, before the signature. */
function rootWith(change: (root: LooseJson) => unknown) {
  const root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
  for (const one of ['timestampAuthorities', 'tlogs', 'ctlogs', 'certificateAuthorities']) {
    for (const entry of root[one]) (entry.publicKey ?? entry).validFor = { start: LONG_AGO.toISOString() }
  }
  change(root)
  const [parsed] = parseTrustedRoots(toBytes(root), 'the old root', LONG_AGO)
  if (parsed === undefined) throw new Error('there is no root')
  return parsed
}

/** The code that is thrown in the end. */
function become(code: ErrorCode, more: Partial<Refused> = {}): string | undefined {
  const error = new CleanbillError(code, 'refused')
  const thrown = orStale(error, { ...refused, ...more })
  return thrown === error ? code : (thrown as CleanbillError).code
}

/** A certificate of nobody, with the promises that the given ones hold, one after the other. */
function withPromises(...ders: readonly Uint8Array[]) {
  const SCT = '1.3.6.1.4.1.11129.2.4.2'
  const lists = ders.map((der) => {
    const value = X509Certificate.parse(Buffer.from(der)).extension(SCT)?.valueObj.subs[0]?.value
    if (value === undefined) throw new Error('there is no promise')
    return value.subarray(2)
  })
  const list = Buffer.concat(lists)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(list.length)
  const promises: TestExtension = { oid: SCT, value: octetString(Buffer.concat([length, list])) }
  return parseCertificate(issueCertificate({ extensions: [codeSigning, promises], notBefore: '2026-06-01' }).der)
}

describe('what an old root refuses', () => {
  it('is excused where a certificate has the promise of a CT log that it does not know', () => {
    expect(become('CERTIFICATE_INVALID', { leaf: withPromises(other) })).toBe('TRUST_ROOT_STALE')
    expect(become('CERTIFICATE_INVALID', { leaf: withPromises(own, other) })).toBe('TRUST_ROOT_STALE')
    expect(become('CERTIFICATE_INVALID', { leaf: withPromises(other, own) })).toBe('TRUST_ROOT_STALE')
  })

  it('stays refused where it knows the CT log, or there is no promise by any', () => {
    expect(become('CERTIFICATE_INVALID', { leaf: withPromises(own) })).toBe('CERTIFICATE_INVALID')
    const bare = parseCertificate(issueCertificate({ extensions: [codeSigning], notBefore: '2026-06-01' }).der)
    expect(become('CERTIFICATE_INVALID', { leaf: bare })).toBe('CERTIFICATE_INVALID')
  })

  it('stays refused where there is no certificate', () => {
    expect(become('CERTIFICATE_INVALID', { leaf: undefined })).toBe('CERTIFICATE_INVALID')
  })

  it.each(['CERTIFICATE_EXPIRED', 'LOG_ENTRY_UNSUPPORTED', 'SIGNATURE_INVALID'] as const)(
    'stays %s, of whatever CT log its certificate is',
    (code) => {
      expect(become(code, { leaf: withPromises(other) })).toBe(code)
    },
  )

  it('is excused where the only authority that it names has no certificate', () => {
    const empty = rootWith(({ timestampAuthorities: [one] }) => {
      one.certChain.certificates = []
    })
    expect(become('TIMESTAMP_INVALID')).toBe('TIMESTAMP_INVALID')
    expect(become('TIMESTAMP_INVALID', { roots: [empty] })).toBe('TRUST_ROOT_STALE')
  })
})
