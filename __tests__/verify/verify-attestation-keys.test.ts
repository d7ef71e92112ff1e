import { sign, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bundleToJSON } from '@sigstore/bundle'
import { DSSEBundleBuilder, RekorWitness, TSAWitness } from '@sigstore/sign'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FetchedAttestation } from '../../src/model/attestation.ts'
import { parseAttestations } from '../../src/model/bundle.ts'
import { STATEMENT_PAYLOAD_TYPE } from '../../src/model/statement.ts'
import { parsePublicKey, parseTrustedRoots, type Trust } from '../../src/verify/trust-material.ts'
import { verifyAttestation } from '../../src/verify/verify-attestation.ts'
import { authority, claim, codeSigning, issueCertificate, san, uriName } from '../support/certificates.ts'
import {
  codeOf,
  envelope,
  keyPair,
  type LooseJson,
  type RealSigner,
  sha256,
  startRealSigner,
  statementAbout,
  toBytes,
} from '../support/real-signer.ts'

const V03 = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const pair = keyPair()
const trustedKey = parsePublicKey(Buffer.from(pair.pem), 'key.pem')

let signer: RealSigner
let good: LooseJson
/** Signed with the key, in the log and with a timestamp. */
let logged: LooseJson
let root: LooseJson
beforeAll(async () => {
  signer = await startRealSigner()
  root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
  good = await signer.sign(statementAbout('hello'))
  const { url } = signer.sigstore
  const builder = new DSSEBundleBuilder({
    signer: {
      sign: async (data) => ({
        key: { $case: 'publicKey', publicKey: pair.pem, hint: 'k' },
        signature: sign('sha256', data, pair.privateKey),
      }),
    },
    witnesses: [
      new RekorWitness({ rekorBaseURL: url, majorApiVersion: 1, entryType: 'dsse' }),
      new TSAWitness({ tsaBaseURL: url }),
    ],
  })
  const data = Buffer.from(JSON.stringify(statementAbout('hello')))
  logged = structuredClone(bundleToJSON(await builder.create({ data, type: STATEMENT_PAYLOAD_TYPE })))
})
afterAll(() => signer.close())

const entry = (bundle: LooseJson) => bundle.verificationMaterial.tlogEntries[0]
const rootsWith = (change: (copy: LooseJson) => unknown) => {
  const copy = structuredClone(root)
  change(copy)
  return parseTrustedRoots(toBytes(copy), 'changed root')
}
const changed = (change: (bundle: LooseJson) => unknown, from: LooseJson = good): LooseJson => {
  const copy = structuredClone(from)
  change(copy)
  return copy
}

function only(bundle: unknown): FetchedAttestation {
  const [attestation] = parseAttestations(toBytes(bundle), 'test').attestations
  if (attestation === undefined) throw new Error('no attestation')
  return attestation
}
const verify = (bundle: unknown, more: Partial<Trust> = {}, artifact?: Uint8Array) =>
  verifyAttestation(only(bundle), { ...signer.trust, ...more }, artifact)
const code = (bundle: unknown, more: Partial<Trust> = {}, artifact?: Uint8Array) =>
  codeOf(() => verify(bundle, more, artifact))

describe('a signature over the file itself', () => {
  const file = Buffer.from('hello')
  const message = {
    mediaType: V03,
    verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [] },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: Buffer.from(sha256(file), 'hex').toString('base64') },
      signature: sign('sha256', file, pair.privateKey).toString('base64'),
    },
  }

  it('says who signed these bytes, and nothing else', () => {
    const verified = verify(message, { keys: [trustedKey] }, file)
    expect(verified).toMatchObject({ statement: undefined, digest: { algorithm: 'sha256', hex: sha256(file) } })
  })

  it('needs the file, and refuses another one', async () => {
    expect(() => verify(message, { keys: [trustedKey] })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', hint: expect.stringContaining('Pass the file') }),
    )
    expect(() => verify(message, { keys: [trustedKey] }, Buffer.from('other'))).toThrow(
      expect.objectContaining({ code: 'SUBJECT_MISMATCH', hint: expect.stringContaining('another file') }),
    )
  })

  it('stands in a document of npm by its certificate alone: it has no place for the name of a key', () => {
    const ca = issueCertificate({ commonName: 'private', extensions: [authority] })
    const leaf = issueCertificate({ commonName: 'leaf', extensions: [codeSigning], issuer: ca })
    const { messageSignature } = message
    const attestation = only({
      mediaType: V03,
      verificationMaterial: {
        certificate: { rawBytes: Buffer.from(leaf.der).toString('base64') },
        tlogEntries: [],
      },
      messageSignature: { ...messageSignature, signature: sign('sha256', file, leaf.privateKey).toString('base64') },
    })
    const trust = {
      ...signer.trust,
      rootCertificates: [new X509Certificate(ca.pem)],
      now: new Date('2026-06-01T00:00:00Z'),
    }
    expect(verifyAttestation({ ...attestation, form: 'npm' }, trust, file).signer.kind).toBe('private-ca')
  })
})

describe('a certificate', () => {
  it('is there: an attestation that calls itself signed by one and has none is malformed', async () => {
    const bare = { ...only(good), key: { kind: 'certificate' as const, chain: [] } }
    expect(await codeOf(() => verifyAttestation(bare, signer.trust))).toBe('BUNDLE_MALFORMED')
  })

  it('of an issuer that only has the name of the CA in common with nobody is of another instance', async () => {
    const ca = issueCertificate({ commonName: 'ca', extensions: [authority] })
    const roots = rootsWith((copy) => {
      const rawBytes = Buffer.from(ca.der).toString('base64')
      copy.certificateAuthorities[0].certChain.certificates = [{ rawBytes }]
    })
    const named = issueCertificate({ commonName: 'other' }).name
    const leaf = issueCertificate({
      extensions: [codeSigning, san(uriName('https://a.example/')), claim(8, 'https://issuer.example')],
      issuer: { name: named, privateKey: ca.privateKey },
    })
    const bundle = {
      mediaType: V03,
      verificationMaterial: { certificate: { rawBytes: Buffer.from(leaf.der).toString('base64') } },
      dsseEnvelope: envelope(statementAbout('hello'), leaf.privateKey),
    }
    expect(await code(bundle, { roots })).toBe('TRUST_DOMAIN')
  })

  it('stands in no envelope of npm that names a key too', async () => {
    const document = (keyid: string) => ({
      attestations: [
        {
          predicateType: 'https://slsa.dev/provenance/v1',
          bundle: changed((b) => (b.dsseEnvelope.signatures[0].keyid = keyid)),
        },
      ],
    })
    expect(await code(document('SHA256:x'))).toBe('KEY_INVALID')
    expect(await code(document(''))).toBeUndefined()
  })

  it('whose SCT no known log signed is invalid, and not expired', async () => {
    const stranger = await startRealSigner()
    try {
      const other = JSON.parse(readFileSync(stranger.sigstore.trustedRootPath, 'utf8'))
      const roots = rootsWith((copy) => {
        copy.ctlogs = other.ctlogs
      })
      expect(await code(good, { roots })).toBe('CERTIFICATE_INVALID')
    } finally {
      await stranger.close()
    }
  })

  it('that had expired by the time of the log is named so', async () => {
    const late = changed((b) => (entry(b).integratedTime = '4000000000'))
    expect(await code(late)).toBe('CERTIFICATE_EXPIRED')
  })

  it('that had expired is not named as the fault where another one is found first', async () => {
    const other = await signer.sign(statementAbout('another'))
    const late = changed((b) => {
      entry(b).integratedTime = '1500000000'
      b.verificationMaterial.timestampVerificationData = other.verificationMaterial.timestampVerificationData
    })
    expect(await code(late)).toBe('TIMESTAMP_INVALID')
  })
})

describe('a certificate of a private CA', () => {
  const ca = issueCertificate({ commonName: 'private', extensions: [authority] })
  const middle = issueCertificate({ commonName: 'middle', extensions: [authority], issuer: ca })
  const leaf = issueCertificate({ commonName: 'leaf', extensions: [codeSigning], issuer: middle })
  const rawBytes = (...list: { der: Uint8Array }[]) =>
    list.map(({ der }) => ({ rawBytes: Buffer.from(der).toString('base64') }))
  const dsseEnvelope = envelope(statementAbout('hello'), leaf.privateKey)
  const chain = {
    mediaType: V03,
    verificationMaterial: { x509CertificateChain: { certificates: rawBytes(leaf, middle) }, tlogEntries: [] },
    dsseEnvelope,
  }
  const rootCertificates = [new X509Certificate(ca.pem)]
  const now = new Date('2026-06-01T00:00:00Z')

  it('counts where its root was given', () => {
    const { signer: who, origin } = verify(chain, { rootCertificates, now })
    expect(who).toMatchObject({ kind: 'private-ca', commonName: 'leaf' })
    expect(origin.domain).toBe('private-ca')
  })

  it('counts alone too, without a chain and without a log', () => {
    const direct = issueCertificate({ commonName: 'direct', extensions: [codeSigning], issuer: ca })
    const bundle = {
      mediaType: V03,
      verificationMaterial: { certificate: rawBytes(direct)[0], tlogEntries: [] },
      dsseEnvelope: envelope(statementAbout('hello'), direct.privateKey),
    }
    expect(verify(bundle, { rootCertificates, now }).origin.domain).toBe('private-ca')
  })

  it('does not count where no root, or another one, was given', async () => {
    expect(await code(chain, { now })).toBe('CERTIFICATE_INVALID')
    const stranger = issueCertificate({ commonName: 'private', extensions: [authority] })
    expect(await code(chain, { now, rootCertificates: [new X509Certificate(stranger.pem)] })).toBe(
      'CERTIFICATE_INVALID',
    )
  })

  it('does not take a keyless bundle out of its log', () => {
    expect(verify(good, { rootCertificates }).origin.domain).toBe('sigstore')
  })
})

describe('a key in a log', () => {
  const day = 24 * 60 * 60 * 1000
  const at = (days: number) => new Date(Date.now() + days * day)
  const withKey = (start?: Date, end?: Date) => ({ keys: [{ ...trustedKey, start, end }] })

  it('says when it signed', () => {
    const { signer: who, origin } = verify(logged, withKey())
    expect(who).toMatchObject({ kind: 'key', hint: 'k' })
    expect(origin.times.length).toBeGreaterThan(0)
    expect(origin.domain).toBe('key')
  })

  it('says when by its log alone', () => {
    const unstamped = changed((b) => delete b.verificationMaterial.timestampVerificationData, logged)
    expect(verify(unstamped, withKey()).origin.times).toHaveLength(1)
  })

  it('counts within its window, open at either end', async () => {
    expect(await code(logged, withKey(at(-1), at(1)))).toBeUndefined()
    expect(await code(logged, withKey(undefined, at(1)))).toBeUndefined()
    expect(await code(logged, withKey(at(-1)))).toBeUndefined()
  })

  it('does not count before it began and after it ended', async () => {
    expect(await code(logged, withKey(at(1)))).toBe('KEY_INVALID')
    expect(await code(logged, withKey(at(1), at(2)))).toBe('KEY_INVALID')
    expect(await code(logged, withKey(undefined, at(-1)))).toBe('KEY_INVALID')
  })

  it('has its log checked: without roots nobody can, and a root without logs does not', async () => {
    expect(await code(logged, { ...withKey(), roots: [] })).toBe('TRUST_ROOT_UNAVAILABLE')
    const bare = rootsWith((copy) => {
      copy.tlogs = []
      copy.ctlogs = []
    })
    expect(await code(logged, { ...withKey(), roots: bare })).toBe('TRUST_DOMAIN')
  })

  it('has its timestamp checked where that is all there is', async () => {
    const stamped = changed((b) => {
      b.verificationMaterial.tlogEntries = []
    }, logged)
    expect(await code(stamped, withKey())).toBe('LOG_ENTRY_MISSING')
  })

  it('that counts for a time only needs a log, in a bundle as well', async () => {
    const unlogged = changed((b) => {
      b.verificationMaterial.tlogEntries = []
      delete b.verificationMaterial.timestampVerificationData
    }, logged)
    expect(await code(unlogged, withKey(undefined, at(1)))).toBe('TIME_UNTRUSTED')
    expect(() => verify(unlogged, withKey(undefined, at(1)))).toThrow(/no log says when it signed$/)
    expect(await code(unlogged, withKey())).toBeUndefined()
  })
})

describe('the times of a signature', () => {
  it('are those that somebody signed: a time of entry that no promise covers is not one', () => {
    const bogus = changed((b) => {
      delete entry(b).inclusionPromise
      entry(b).integratedTime = '1500000000'
    })
    const { times } = verify(bogus).origin
    expect(times).toHaveLength(1)
    expect(times[0]).not.toContain('2017')
  })

  it('can be read', async () => {
    const broken = changed((b) => {
      b.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0].signedTimestamp = 'AAAA'
    })
    expect(() => verify(broken)).toThrow(
      expect.objectContaining({ code: 'TIMESTAMP_INVALID', cause: expect.any(Error) }),
    )
  })

  it('lie in the window of the log', async () => {
    const proofOnly = changed((b) => delete entry(b).inclusionPromise)
    const window = (validFor: object) => ({
      roots: rootsWith((copy) => {
        for (const log of copy.tlogs) log.publicKey.validFor = validFor
      }),
    })
    const [past, future] = ['2020-01-01T00:00:00Z', '2100-01-01T00:00:00Z']
    expect(await code(proofOnly, window({ start: past, end: future }))).toBeUndefined()
    expect(await code(proofOnly, window({ start: future }))).toBe('LOG_PROOF_INVALID')
  })
})
