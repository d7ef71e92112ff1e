import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { parsePublicKey, parseTrustedRoots, type Trust } from '../../src/verify/trust-material.ts'
import { verifyAttestation } from '../../src/verify/verify-attestation.ts'
import { issueCertificate, san, serverAuthentication, uriName } from '../support/certificates.ts'
import {
  codeOf,
  envelope,
  keyPair,
  type LooseJson,
  type RealSigner,
  startRealSigner,
  statementAbout,
  toBytes,
} from '../support/real-signer.ts'

let signer: RealSigner
let good: LooseJson
let other: LooseJson
beforeAll(async () => {
  signer = await startRealSigner()
  good = await signer.sign(statementAbout('hello'))
  other = await signer.sign(statementAbout('another'))
})
afterAll(() => signer.close())

function verify(bundle: unknown, trust: Trust = signer.trust) {
  const { attestations, unreadable } = parseAttestations(toBytes(bundle), 'test')
  if (unreadable[0] !== undefined) throw unreadable[0].error
  const [attestation] = attestations
  if (attestation === undefined) throw new Error('no attestation')
  return verifyAttestation(attestation, trust)
}

/** The bundle with one place changed. */
function changed(change: (bundle: LooseJson) => void, from: LooseJson = good): LooseJson {
  const copy = structuredClone(from)
  change(copy)
  return copy
}

function flip(base64: string, at = 10): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes.toString('base64')
}

const entry = (bundle: LooseJson) => bundle.verificationMaterial.tlogEntries[0]

describe('verifyAttestation', () => {
  it('says who signed and when, and gives the statement', () => {
    const verified = verify(good)
    expect(verified.statement?.predicateType).toBe('https://slsa.dev/provenance/v1')
    expect(verified.signer).toMatchObject({ kind: 'certificate', issuer: signer.sigstore.issuer })
    expect(verified.origin.domain).toBe('sigstore')
    expect(verified.origin.times.length).toBeGreaterThan(0)
  })

  it.for<[string, (bundle: LooseJson) => unknown]>([
    ['the payload', (b: LooseJson) => (b.dsseEnvelope.payload = flip(b.dsseEnvelope.payload))],
    [
      'the signature',
      (b: LooseJson) => (b.dsseEnvelope.signatures[0].sig = flip(b.dsseEnvelope.signatures[0].sig, 20)),
    ],
    ['the payload type', (b: LooseJson) => (b.dsseEnvelope.payloadType = 'application/vnd.in-toto+jsoN')],
  ])('refuses a bundle with one byte of %s changed as SIGNATURE_INVALID', async ([, change]) => {
    expect(await codeOf(() => verify(changed(change)))).toBe('SIGNATURE_INVALID')
  })

  it('refuses none, two good, and one good with one bad signature as SIGNATURE_COUNT', async () => {
    const [sig] = good.dsseEnvelope.signatures
    for (const signatures of [[], [sig, sig], [sig, { sig: flip(sig.sig, 20) }]]) {
      expect(await codeOf(() => verify(changed((b) => (b.dsseEnvelope.signatures = signatures))))).toBe(
        'SIGNATURE_COUNT',
      )
    }
  })

  it('refuses properly signed bytes of another payload type, without parsing them', async () => {
    const text = await signer.sign('this is no JSON {{{', { payloadType: 'text/plain' })
    expect(await codeOf(() => verify(text))).toBe('PAYLOAD_TYPE')
  })

  it('repeats a hundred characters of a payload type that a stranger chose, and no more', async () => {
    const long = await signer.sign('x', { payloadType: 'y'.repeat(256) })
    expect(() => verify(long)).toThrow(/[^y]y{100}[^y]/)
  })

  it('refuses the log entry of another bundle as LOG_ENTRY_MISMATCH', async () => {
    const spliced = changed((b) => (b.verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries))
    expect(await codeOf(() => verify(spliced))).toBe('LOG_ENTRY_MISMATCH')
  })

  it.for<[string, (bundle: LooseJson) => unknown]>([
    [
      'a changed hash in the proof',
      (b: LooseJson) => (entry(b).inclusionProof.hashes[0] = flip(entry(b).inclusionProof.hashes[0])),
    ],
    [
      'a promise that was changed',
      (b: LooseJson) => {
        entry(b).inclusionPromise.signedEntryTimestamp = flip(entry(b).inclusionPromise.signedEntryTimestamp, 30)
      },
    ],
    ['no proof', (b: LooseJson) => delete entry(b).inclusionProof],
    [
      'a checkpoint without its signature',
      (b: LooseJson) => {
        const { checkpoint } = entry(b).inclusionProof
        checkpoint.envelope = `${checkpoint.envelope.split('\n\n')[0]}\n\n`
      },
    ],
  ])('refuses %s as LOG_PROOF_INVALID', async ([, change]) => {
    expect(await codeOf(() => verify(changed(change)))).toBe('LOG_PROOF_INVALID')
  })

  it.for(['0x10', ' 5', '', '05'])('refuses a checkpoint whose size is written %j', async (size) => {
    const bad = changed((b) => {
      const lines = entry(b).inclusionProof.checkpoint.envelope.split('\n')
      lines[1] = size
      entry(b).inclusionProof.checkpoint.envelope = lines.join('\n')
    })
    expect(await codeOf(() => verify(bad))).toBe('BUNDLE_MALFORMED')
  })

  it('refuses a bundle without any signed time as TIME_UNTRUSTED', async () => {
    const bad = changed((b) => {
      delete b.verificationMaterial.timestampVerificationData
      delete entry(b).inclusionPromise
    })
    expect(await codeOf(() => verify(bad))).toBe('TIME_UNTRUSTED')
  })

  it('does not believe an integrated time that no promise covers', async () => {
    const bad = changed((b) => {
      delete b.verificationMaterial.timestampVerificationData
      delete entry(b).inclusionPromise
      entry(b).integratedTime = String(Math.floor(Date.now() / 1000))
    })
    expect(await codeOf(() => verify(bad))).toBe('TIME_UNTRUSTED')
  })

  it('refuses a timestamp of another signature as TIMESTAMP_INVALID', async () => {
    const bad = changed((b) => {
      b.verificationMaterial.timestampVerificationData = other.verificationMaterial.timestampVerificationData
    })
    expect(await codeOf(() => verify(bad))).toBe('TIMESTAMP_INVALID')
  })

  it('refuses a bundle without a log entry under a root that has logs', async () => {
    const unlogged = await signer.sign(statementAbout('hello'), { log: false })
    expect(await codeOf(() => verify(unlogged))).toBe('LOG_ENTRY_MISSING')
  })

  it('asks for a log entry as soon as one allowed root of this CA has logs', async () => {
    const root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
    const bare = parseTrustedRoots(toBytes({ ...root, tlogs: [], ctlogs: [] }), 'without logs')
    expect(bare[0]?.domain).toBe('github')
    const unlogged = await signer.sign(statementAbout('hello'), { log: false })
    const both = { ...signer.trust, roots: [...bare, ...signer.trust.roots] }
    expect(await codeOf(() => verify(unlogged, both))).toBe('LOG_ENTRY_MISSING')
    expect(verify(good, both).origin.domain).toBe('sigstore')
  })

  it('refuses a certificate of another instance as TRUST_DOMAIN', async () => {
    const stranger = await startRealSigner()
    try {
      const { rawBytes } = good.verificationMaterial.certificate
      const { issuer } = new X509Certificate(Buffer.from(rawBytes, 'base64'))
      expect(() => verify(good, stranger.trust)).toThrow(
        expect.objectContaining({
          code: 'TRUST_DOMAIN',
          message: expect.stringContaining(`(${issuer.split('\n').join(', ')})`),
          hint: expect.stringContaining('--trusted-root'),
        }),
      )
    } finally {
      await stranger.close()
    }
  })

  it('finds the CA beside one of its name whose key cannot be read, which is the CA of nothing', async () => {
    const root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
    const [{ certChain }] = root.certificateAuthorities
    // The algorithm of the key becomes one that nobody knows; names and lengths stay.
    const broken = certChain.certificates.map(({ rawBytes }: { rawBytes: string }) => {
      const hex = Buffer.from(rawBytes, 'base64').toString('hex').replaceAll('2a8648ce3d0201', '2a8648ce3d027f')
      return { rawBytes: Buffer.from(hex, 'hex').toString('base64') }
    })
    const [ca] = root.certificateAuthorities
    const unreadable = { ...ca, certChain: { certificates: broken } }
    const rootsOf = (...certificateAuthorities: object[]) => ({
      ...signer.trust,
      roots: parseTrustedRoots(toBytes({ ...root, certificateAuthorities }), 'changed'),
    })
    expect(verify(good, rootsOf(unreadable, ca)).origin.domain).toBe('sigstore')
    expect(await codeOf(() => verify(good, rootsOf(unreadable)))).toBe('TRUST_DOMAIN')
  })

  it('takes a certificate beside a key id outside of npm, where nobody looks it up', () => {
    const named = changed((b) => (b.dsseEnvelope.signatures[0].keyid = 'any'))
    expect(verify(named).signer.kind).toBe('certificate')
  })

  it('refuses a log entry after the key of the log went out of use', async () => {
    const root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
    for (const log of root.tlogs)
      log.publicKey.validFor = { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' }
    const roots = parseTrustedRoots(toBytes(root), 'old logs')
    const proofOnly = changed((b) => delete entry(b).inclusionPromise)
    expect(await codeOf(() => verify(proofOnly, { ...signer.trust, roots }))).toBe('LOG_PROOF_INVALID')
  })

  it('refuses a certificate that had expired when it signed', async () => {
    const root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
    const roots = parseTrustedRoots(toBytes(root), 'same')
    const late = structuredClone(good)
    // The promise is for another time than the certificate's ten minutes.
    entry(late).integratedTime = '1500000000'
    const code = await codeOf(() => verify(late, { ...signer.trust, roots }))
    expect(code).toBe('CERTIFICATE_EXPIRED')
  })

  it('refuses a withdrawn kind of log entry as LOG_ENTRY_UNSUPPORTED or as a mismatch, never as good', async () => {
    const bad = changed((b) => (entry(b).kindVersion.version = '0.0.2'))
    expect(['LOG_ENTRY_UNSUPPORTED', 'LOG_ENTRY_MISMATCH']).toContain(await codeOf(() => verify(bad)))
  })

  it('refuses a certificate that was given for something else than signing code', async () => {
    const leaf = issueCertificate({ extensions: [serverAuthentication, san(uriName('https://a.example/'))] })
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { certificate: { rawBytes: Buffer.from(leaf.der).toString('base64') } },
      dsseEnvelope: envelope(statementAbout('hello'), leaf.privateKey),
    }
    expect(await codeOf(() => verify(bundle))).toBe('CERTIFICATE_INVALID')
  })

  it('verifies a bare envelope with a key, and refuses another key', async () => {
    const { privateKey, pem } = keyPair()
    const bare = envelope(statementAbout('hello'), privateKey, 'my-key')
    const keys = [parsePublicKey(Buffer.from(pem), 'key.pem')]
    expect(verify(bare, { ...signer.trust, keys }).signer).toMatchObject({ kind: 'key', hint: 'my-key', source: 'key' })
    expect(verify(bare, { ...signer.trust, keys }).origin).toMatchObject({ domain: 'key', times: [] })
    const unnamed = verify(envelope(statementAbout('hello'), privateKey), { ...signer.trust, keys })
    expect(Object.keys(unnamed.signer).sort()).toStrictEqual(['fingerprint', 'kind', 'source'])
    const wrong = [parsePublicKey(Buffer.from(keyPair().pem), 'key.pem')]
    expect(() => verify(bare, { ...signer.trust, keys: wrong })).toThrow(
      expect.objectContaining({ code: 'SIGNATURE_INVALID', hint: expect.stringContaining('changed after signing') }),
    )
    expect(() => verify(bare)).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID', hint: expect.stringContaining('--key') }),
    )
    const long = envelope(statementAbout('hello'), privateKey, 'y'.repeat(500))
    expect(() => verify(long)).toThrow(/"y{100}"/)
  })

  it('takes the key that the bundle names, where the envelope names none, and no other', async () => {
    const { privateKey, pem } = keyPair()
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: 'one' } },
      dsseEnvelope: envelope(statementAbout('hello'), privateKey),
    }
    const key = parsePublicKey(Buffer.from(pem), 'key.pem')
    const trust = (hint: string): Trust => ({ ...signer.trust, keys: [{ ...key, hint }] })
    expect(verify(bundle, trust('one')).signer).toMatchObject({ kind: 'key', hint: 'one' })
    expect(await codeOf(() => verify(bundle, trust('two')))).toBe('KEY_INVALID')
  })

  it('refuses a key outside its window, and one whose time nobody vouches for', async () => {
    const { privateKey, pem } = keyPair()
    const bare = envelope(statementAbout('hello'), privateKey)
    const key = parsePublicKey(Buffer.from(pem), 'key.pem')
    for (const window of [{ start: new Date('2025-01-29T00:00:00Z') }, { end: new Date('2025-01-29T00:00:00Z') }]) {
      expect(await codeOf(() => verify(bare, { ...signer.trust, keys: [{ ...key, ...window }] }))).toBe(
        'TIME_UNTRUSTED',
      )
    }
  })

  it('refuses a bundle whose hint and envelope name different keys', async () => {
    const { privateKey, pem } = keyPair()
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: 'one' } },
      dsseEnvelope: envelope(statementAbout('hello'), privateKey, 'two'),
    }
    const keys = [parsePublicKey(Buffer.from(pem), 'key.pem')]
    expect(await codeOf(() => verify(bundle, { ...signer.trust, keys }))).toBe('KEY_INVALID')
  })

  it('parses the signed bytes, not a friendlier reading of them', async () => {
    const twice = await signer.sign(
      `{"_type":"https://in-toto.io/Statement/v1","subject":[],"subject":[],"predicateType":"x"}`,
    )
    expect(await codeOf(() => verify(twice))).toBe('JSON_AMBIGUOUS')
    const empty = await signer.sign(statementAbout('hello', { subject: [] }))
    expect(await codeOf(() => verify(empty))).toBe('SUBJECT_EMPTY')
    const nothing = await signer.sign('null')
    expect(await codeOf(() => verify(nothing))).toBe('STATEMENT_MALFORMED')
    const many = statementAbout('hello')
    many.subject = Array.from({ length: 1025 }, (_, i) => ({ name: `f${i}`, digest: many.subject[0].digest }))
    expect(await codeOf(() => verify(envelopeBundle(many), keyTrust()))).toBe('SUBJECT_LIMIT')
  })

  it('never verifies a bundle with a byte changed, and never throws anything without a code', () => {
    const text = JSON.stringify(good)
    const bytes = Buffer.from(text)
    const canonical = toBytes(JSON.parse(text) as JsonValue)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const mutated = Buffer.from(bytes)
        mutated[at] = (mutated[at] ?? 0) ^ mask
        let code: string | undefined
        try {
          const document = parseAttestations(mutated, 'mutated')
          for (const attestation of document.attestations) verifyAttestation(attestation, signer.trust)
          if (document.attestations.length === 0) code = document.unreadable[0]?.error.code
        } catch (error) {
          expect((error as Error).name).toBe('CleanbillError')
          code = (error as { code: string }).code
        }
        if (code === undefined) expect(meaning(mutated)).toEqual(meaning(canonical))
      }),
      { numRuns: 400 },
    )
  })
})

/**
 * What a bundle says once decoded, without what no signature covers: names of unknown fields, the index a log entry
 * claims besides its proof, a key name that nobody looks up.
 */
function meaning(bytes: Uint8Array): unknown {
  const [attestation] = parseAttestations(bytes, 'x').attestations
  const { content, key } = attestation ?? {}
  return content?.kind === 'dsse'
    ? { payload: content.payload, payloadType: content.payloadType, signature: content.signature, key }
    : content
}

const pair = keyPair()
const envelopeBundle = (payload: object) => envelope(payload, pair.privateKey)
const keyTrust = (): Trust => ({ ...signer.trust, keys: [parsePublicKey(Buffer.from(pair.pem), 'key.pem')] })
