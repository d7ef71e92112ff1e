import { sign, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bundleToJSON } from '@sigstore/bundle'
import { DSSEBundleBuilder, type Signer, type Witness } from '@sigstore/sign'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import { STATEMENT_PAYLOAD_TYPE } from '../../src/model/statement.ts'
import { parsePublicKey, parseTrustedRoots, type Trust } from '../../src/verify/trust-material.ts'
import { verifyAttestation } from '../../src/verify/verify-attestation.ts'
import { authority, claim, codeSigning, issueCertificate, san, uriName } from '../support/certificates.ts'
import {
  codeOf,
  keyPair,
  type LooseJson,
  logWitness,
  type RealSigner,
  startRealSigner,
  statementAbout,
  timestampWitness,
  toBytes,
} from '../support/real-signer.ts'

const ISSUED = new Date('2026-06-01T00:00:00Z')
const later = (seconds: number, from = ISSUED) => new Date(from.getTime() + seconds * 1000)

let now = ISSUED
let signer: RealSigner
let root: LooseJson
const pair = keyPair()
/** Logged when the certificate began, and stamped a minute later: with a certificate, and with a key. */
const STAMPED = later(60)
let certified: LooseJson
let keyed: LooseJson
beforeAll(async () => {
  signer = await startRealSigner(() => now)
  root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
  certified = await certifiedAt(ISSUED, STAMPED)
  const keySigner: Signer = {
    sign: async (data) => ({
      key: { $case: 'publicKey', publicKey: pair.pem, hint: 'k' },
      signature: sign('sha256', data, pair.privateKey),
    }),
  }
  keyed = await signAt(keySigner, ISSUED, STAMPED)
})
afterAll(() => signer.close())

/** One signature whose log entry and timestamp were made when they are said to be. */
async function signAt(by: Signer, logged: Date, stamped: Date): Promise<LooseJson> {
  const witness: Witness = {
    testify: async (content, publicKey) => {
      now = logged
      const entry = await logWitness(signer.sigstore).testify(content, publicKey)
      now = stamped
      return { ...entry, ...(await timestampWitness(signer.sigstore).testify(content, publicKey)) }
    },
  }
  const builder = new DSSEBundleBuilder({ signer: by, witnesses: [witness] })
  const data = Buffer.from(JSON.stringify(statementAbout('hello')))
  return structuredClone(bundleToJSON(await builder.create({ data, type: STATEMENT_PAYLOAD_TYPE })))
}

/** With a certificate that begins when the clock of this file does. */
async function certifiedAt(logged: Date, stamped: Date): Promise<LooseJson> {
  now = ISSUED
  return await signAt(await signer.certified(), logged, stamped)
}

const code = (bundle: LooseJson, more: Partial<Trust> = {}) => codeOf(() => verify(bundle, more))
function verify(bundle: LooseJson, more: Partial<Trust> = {}) {
  const [attestation] = parseAttestations(toBytes(bundle), 'test').attestations
  if (attestation === undefined) throw new Error('no attestation')
  return verifyAttestation(attestation, { ...signer.trust, ...more })
}
const rootsWith = (change: (copy: LooseJson) => unknown) => {
  const copy = structuredClone(root)
  change(copy)
  return { roots: parseTrustedRoots(toBytes(copy), 'changed root') }
}
const window = (start: Date, end: Date) => ({ start: start.toISOString(), end: end.toISOString() })

describe('the window of a certificate', () => {
  let end: Date
  beforeAll(() => {
    end = new X509Certificate(Buffer.from(certified.verificationMaterial.certificate.rawBytes, 'base64')).validToDate
  })

  it('holds its first second and its last one', async () => {
    expect(await code(await certifiedAt(ISSUED, ISSUED))).toBeUndefined()
    expect(await code(await certifiedAt(end, end))).toBeUndefined()
  })

  it('ends there', async () => {
    const late = await certifiedAt(end, later(1, end))
    expect(() => verify(late)).toThrow(
      expect.objectContaining({
        code: 'CERTIFICATE_EXPIRED',
        message: expect.stringMatching(/and it signed at \S+$/),
        cause: expect.objectContaining({ code: 'CERTIFICATE_INVALID' }),
      }),
    )
  })

  it('is not the fault where the CA had ended before', async () => {
    const bundle = await certifiedAt(end, end)
    const ended = rootsWith((copy) => {
      for (const ca of copy.certificateAuthorities) ca.validFor = window(later(-60), later(-1, end))
    })
    expect(await code(bundle, ended)).toBe('CERTIFICATE_INVALID')
  })
})

describe('the window of a log', () => {
  /** The log that the entry is in, and the others. */
  const logsWith = (own: object, other: object = own, order = (logs: LooseJson[]) => logs) =>
    rootsWith((copy) => {
      const { keyId } = certified.verificationMaterial.tlogEntries[0].logId
      for (const log of copy.tlogs) log.publicKey.validFor = log.logId.keyId === keyId ? own : other
      copy.tlogs = order(copy.tlogs)
    })

  it.for<[string, Date, Date, string | undefined]>([
    ['to the second', ISSUED, STAMPED, undefined],
    ['but for its first second', later(1), STAMPED, 'LOG_PROOF_INVALID'],
    ['but for its last second', ISSUED, later(59), 'LOG_PROOF_INVALID'],
  ])('holds every time of the signature %s', async ([, start, end, expected]) => {
    expect(await code(certified, logsWith(window(start, end)))).toBe(expected)
  })

  it('holds a lone timestamp to the second too', async () => {
    const proofOnly = structuredClone(certified)
    delete proofOnly.verificationMaterial.tlogEntries[0].inclusionPromise
    expect(await code(proofOnly, logsWith(window(STAMPED, STAMPED)))).toBeUndefined()
    expect(await code(proofOnly, logsWith(window(later(61), later(99))))).toBe('LOG_PROOF_INVALID')
    expect(await code(proofOnly, logsWith(window(ISSUED, later(59))))).toBe('LOG_PROOF_INVALID')
  })

  it('is that of the log which holds the entry, whichever stands first', async () => {
    const proofOnly = structuredClone(certified)
    delete proofOnly.verificationMaterial.tlogEntries[0].inclusionPromise
    const [good, past] = [window(ISSUED, STAMPED), window(later(-99), later(-98))]
    for (const order of [(logs: LooseJson[]) => logs, (logs: LooseJson[]) => logs.toReversed()]) {
      expect(await code(proofOnly, logsWith(good, past, order))).toBeUndefined()
      expect(await code(proofOnly, logsWith(past, good, order))).toBe('LOG_PROOF_INVALID')
    }
  })
})

describe('the window of a key', () => {
  const known = parsePublicKey(Buffer.from(pair.pem), 'key.pem')

  it.for<[string, Date, Date, string | undefined]>([
    ['to the second', ISSUED, STAMPED, undefined],
    ['but for its first second', later(1), STAMPED, 'KEY_INVALID'],
    ['but for its last second', ISSUED, later(59), 'KEY_INVALID'],
  ])('holds every time of the signature %s', async ([, start, end, expected]) => {
    expect(await code(keyed, { keys: [{ ...known, start, end }] })).toBe(expected)
  })
})

describe('a root without logs', () => {
  it('is held to its own thresholds where no root with logs has the CA', async () => {
    const ca = issueCertificate({ commonName: 'ca', extensions: [authority] })
    const extensions = [codeSigning, san(uriName('https://a.example/')), claim(8, 'https://issuer.example')]
    const leaf = issueCertificate({ commonName: 'leaf', issuer: ca, extensions })
    const builder = new DSSEBundleBuilder({
      signer: {
        sign: async (data) => ({
          key: { $case: 'x509Certificate', certificate: leaf.pem },
          signature: sign('sha256', data, leaf.privateKey),
        }),
      },
      witnesses: [timestampWitness(signer.sigstore)],
    })
    const data = Buffer.from(JSON.stringify(statementAbout('hello')))
    const bundle = bundleToJSON(await builder.create({ data, type: STATEMENT_PAYLOAD_TYPE }))
    const { roots } = rootsWith((copy) => {
      copy.tlogs = []
      copy.ctlogs = []
      copy.certificateAuthorities[0].certChain.certificates = [{ rawBytes: Buffer.from(ca.der).toString('base64') }]
      copy.certificateAuthorities[0].validFor = window(later(-99), later(9999))
    })
    expect(verify(bundle, { roots: [...signer.trust.roots, ...roots] }).origin).toMatchObject({
      domain: 'github',
      times: [now.toISOString()],
    })
  })
})
