import { describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import { makeCertificate, san, uriName } from '../support/certificates.ts'
import { codeOf, envelope, keyPair, type LooseJson, statementAbout, toBytes } from '../support/real-signer.ts'

const certificate = Buffer.from(makeCertificate([san(uriName('https://a.example/'))])).toString('base64')
const b64 = (text: string) => Buffer.from(text).toString('base64')
const dsse = envelope(statementAbout('hello'), keyPair().privateKey)

function bundle(change: (bundle: LooseJson) => void = () => undefined): LooseJson {
  const made: LooseJson = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { certificate: { rawBytes: certificate }, tlogEntries: [] },
    dsseEnvelope: structuredClone(dsse),
  }
  change(made)
  return made
}

const parse = (value: unknown) => parseAttestations(toBytes(value), 'test.json')
const parseText = (text: string) => parseAttestations(new TextEncoder().encode(text), 'test.jsonl')

describe('parseAttestations', () => {
  it('reads a bundle of each version', () => {
    for (const type of ['+json;version=0.1', '+json;version=0.2', '+json;version=0.3', '.v0.3+json']) {
      const { attestations } = parse(bundle((b) => (b.mediaType = `application/vnd.dev.sigstore.bundle${type}`)))
      expect(attestations[0]).toMatchObject({ form: 'sigstore-bundle', key: { kind: 'certificate' } })
    }
  })

  it.for(['.v9.9+json', '+json;version=0.9', '.v0.3+jsonX', '.v0.4+json', '+json', '+json; version=0.3'])(
    'refuses the media type %s',
    async (type) => {
      const bad = bundle((b) => (b.mediaType = `application/vnd.dev.sigstore.bundle${type}`))
      expect(await codeOf(() => parse(bad))).toBe('BUNDLE_VERSION')
    },
  )

  it.for<[string, (bundle: LooseJson) => unknown]>([
    [
      'both kinds of content',
      (b: LooseJson) => {
        b.messageSignature = {
          messageDigest: { algorithm: 'SHA2_256', digest: b64('0'.repeat(32)) },
          signature: b64('s'),
        }
      },
    ],
    ['no content', (b: LooseJson) => delete b.dsseEnvelope],
    ['a certificate and a key', (b: LooseJson) => (b.verificationMaterial.publicKey = { hint: 'x' })],
    ['no signer', (b: LooseJson) => delete b.verificationMaterial.certificate],
    ['no material', (b: LooseJson) => delete b.verificationMaterial],
    [
      'a digest of another length',
      (b: LooseJson) => {
        delete b.dsseEnvelope
        b.messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest: b64('short') }, signature: b64('s') }
      },
    ],
    ['an empty payload', (b: LooseJson) => (b.dsseEnvelope.payload = '')],
  ])('refuses a bundle with %s', async ([, change]) => {
    expect(await codeOf(() => parse(bundle(change)))).toBe('BUNDLE_MALFORMED')
  })

  it('refuses base64 with junk, without padding or with stray bits, in payload, signature and certificate', async () => {
    for (const junk of [
      (t: string) => `${t.slice(0, 8)}\n${t.slice(8)}`,
      (t: string) => `${t.slice(0, -4)}!!!!`,
      (t: string) => `${t}====`,
    ]) {
      for (const change of [
        (b: LooseJson) => (b.dsseEnvelope.payload = junk(b.dsseEnvelope.payload)),
        (b: LooseJson) => (b.dsseEnvelope.signatures[0].sig = junk(b.dsseEnvelope.signatures[0].sig)),
        (b: LooseJson) => (b.verificationMaterial.certificate.rawBytes = junk(certificate)),
      ]) {
        expect(await codeOf(() => parse(bundle(change)))).toBe('BASE64_MALFORMED')
      }
    }
  })

  it('refuses a key twice, which two readers would read differently', async () => {
    const text = JSON.stringify(bundle()).replace('"dsseEnvelope":', '"dsseEnvelope":{},"dsseEnvelope":')
    expect(await codeOf(() => parseText(text))).toBe('JSON_AMBIGUOUS')
  })

  it('gives the library a bundle rebuilt from what was read, without fields nobody knows', () => {
    const [found] = parse(bundle((b) => (b.surprise = 'x'))).attestations
    expect(found?.bundle).not.toHaveProperty('surprise')
  })

  it('reads JSON lines whose last line has no newline, and lists a bad line without losing the good ones', () => {
    const line = JSON.stringify(bundle())
    expect(parseText(`${line}\n${line}`).attestations).toHaveLength(2)
    const mixed = parseText(`${line}\nnot json\n${line}\n`)
    expect(mixed.attestations.map(({ where }) => where)).toEqual(['test.jsonl line 1', 'test.jsonl line 3'])
    expect(mixed.unreadable).toMatchObject([{ where: 'test.jsonl line 2', error: { code: 'JSON_MALFORMED' } }])
  })

  it('reads pretty-printed JSON', () => {
    expect(parseText(JSON.stringify(bundle(), null, 2)).attestations).toHaveLength(1)
  })

  it('reads an npm document and keeps the type that stands outside the signature', () => {
    const document = { attestations: [{ predicateType: 'https://outer.example', bundle: bundle() }] }
    expect(parse(document).attestations[0]).toMatchObject({
      form: 'npm',
      claimedPredicateType: 'https://outer.example',
    })
  })

  it('reads an answer of the GitHub attestations API', () => {
    const { attestations } = parse({ attestations: [{ bundle: bundle(), repository_id: 1 }, { bundle: bundle() }] })
    expect(attestations.map(({ form }) => form)).toEqual(['github-api', 'github-api'])
  })

  it('lists an attestation whose bundle is null as unreadable', () => {
    const document = parse({ attestations: [{ bundle: null }, { bundle: bundle() }] })
    expect(document.attestations).toHaveLength(1)
    expect(document.unreadable).toMatchObject([{ error: { code: 'BUNDLE_VERSION' } }])
  })

  it('refuses a PEP 740 object without a log entry', async () => {
    const object = {
      version: 1,
      verification_material: { certificate, transparency_entries: [] },
      envelope: { statement: dsse.payload, signature: dsse.signatures[0].sig },
    }
    expect(await codeOf(() => parse(object))).toBe('LOG_ENTRY_MISSING')
    expect(await codeOf(() => parse({ ...object, version: 2 }))).toBe('BUNDLE_VERSION')
  })

  it('keeps an OMS certificate chain under v0.3 away from the library, which refuses it', () => {
    const [found] = parse(
      bundle((b) => {
        b.verificationMaterial = { x509CertificateChain: { certificates: [{ rawBytes: certificate }] } }
      }),
    ).attestations
    expect(found).toMatchObject({ key: { kind: 'certificate' }, bundle: undefined })
  })

  it.for(['null', '[]', '"text"', '{}', '{"attestations":[]}', '1'])('refuses %s', async (text) => {
    expect(await codeOf(() => parseText(text))).toBe('BUNDLE_MALFORMED')
  })

  it('refuses more attestations than anybody needs, and more bytes', async () => {
    const document = { attestations: Array.from({ length: 101 }, () => ({ bundle: 1 })) }
    expect(await codeOf(() => parse(document))).toBe('LIMIT_EXCEEDED')
    expect(await codeOf(() => parseAttestations(new Uint8Array(17 * 1024 * 1024), 'big'))).toBe('LIMIT_EXCEEDED')
  })
})
