import { createHash, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VerifiedAttestation } from '../../src/model/attestation.ts'
import { parseAttestations } from '../../src/model/bundle.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import type { Target } from '../../src/model/evidence.ts'
import { buildOmsStatement } from '../../src/model/predicates/oms.ts'
import { NPM_PUBLISH, PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
import { verifyTarget } from '../../src/verify/evidence-subject.ts'
import { parsePublicKey, type Trust } from '../../src/verify/trust-material.ts'
import { type HeldContent, verifyEvidence } from '../../src/verify/verify-evidence.ts'
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

const PROVENANCE = 'https://slsa.dev/provenance/v1'
const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex')

let signer: RealSigner
let trust: Trust
let registryKey: KeyObject
beforeAll(async () => {
  signer = await startRealSigner()
  const pair = keyPair()
  registryKey = pair.privateKey
  const key = parsePublicKey(Buffer.from(pair.pem), 'registry')
  trust = { ...signer.trust, keys: [{ ...key, hint: 'SHA256:reg', source: 'npm-keys' }] }
})
afterAll(() => signer.close())

const entry = (parts: Partial<Dependency>): Dependency => ({
  id: 'pkg:npm/%40acme/app@1.0.0',
  kind: 'package',
  ecosystem: 'npm',
  name: '@acme/app',
  version: '1.0.0',
  digests: {},
  file: 'lock',
  line: 1,
  scope: 'runtime',
  source: 'registry',
  ...parts,
})

const target = (parts: Partial<Dependency>, file?: Target['file']): Target => {
  const dependency = entry(parts)
  return { dependency, file, digests: file?.digests ?? dependency.digests }
}

/** What became of each attestation: `accepted TYPE`, the code of its refusal, or `unsupported`. */
function outcomes(at: Target, source: string, documents: readonly unknown[], held?: HeldContent): string[] {
  const parsed = documents.map((document, index) => parseAttestations(toBytes(document), `doc ${index}`))
  const { accepted, refused, unsupported } = verifyEvidence(at, source, parsed, trust, held)
  return [
    ...accepted.map(({ attestation }) => `accepted ${attestation.statement.predicateType.split('/').at(-1)}`),
    ...refused.map(({ code }) => code),
    ...unsupported.map(({ fault }) => fault),
  ]
}

const npmSubject = (bytes: string, name = 'pkg:npm/%40acme/app@1.0.0') => [{ name, digest: { sha512: sha512(bytes) } }]

function publish(subject: LooseJson = npmSubject('tarball'), predicate: object = {}): LooseJson {
  const statement = {
    _type: 'https://in-toto.io/Statement/v0.1',
    subject,
    predicateType: NPM_PUBLISH,
    predicate: { name: '@acme/app', version: '1.0.0', registry: 'https://registry.npmjs.org', ...predicate },
  }
  return byKey(statement)
}

const byKey = (statement: object): LooseJson => ({
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { publicKey: { hint: 'SHA256:reg' }, tlogEntries: [] },
  dsseEnvelope: envelope(statement, registryKey, 'SHA256:reg'),
})

const npmDocument = (...bundles: [string, LooseJson][]): object => ({
  attestations: bundles.map(([predicateType, bundle]) => ({ predicateType, bundle })),
})

describe('verifyEvidence over npm documents', () => {
  const lock = target({ digests: { sha512: sha512('tarball') } })
  const provenanceOf = (more: object) => signer.sign(statementAbout('x', { subject: npmSubject('tarball'), ...more }))
  const judge = async (statement: object, beside: LooseJson | undefined = publish()) => {
    const own: [string, LooseJson] = [PROVENANCE, await provenanceOf(statement)]
    return outcomes(lock, 'npm', [
      npmDocument(own, ...(beside === undefined ? [] : [[NPM_PUBLISH, beside] as [string, LooseJson]])),
    ])
  }

  it('accepts provenance with the publish attestation beside it', async () => {
    expect(await judge({})).toEqual(['accepted v1', 'accepted v0.1'])
  })

  it('says which payload it was, as provenance of another build would name it', async () => {
    const bundle = await provenanceOf({})
    const parsed = parseAttestations(toBytes(npmDocument([PROVENANCE, bundle], [NPM_PUBLISH, publish()])), 'doc')
    const { accepted } = verifyEvidence(lock, 'npm', [parsed], trust)
    expect(accepted[0]?.payloadSha256).toBe(sha256(Buffer.from(bundle.dsseEnvelope.payload, 'base64')))
  })

  it.for<[string, () => LooseJson | undefined, string[]]>([
    ['none', () => undefined, ['PUBLISH_ATTESTATION_MISSING']],
    [
      'one of another version',
      () => publish(npmSubject('tarball', 'pkg:npm/%40acme/app@1.0.1'), { version: '1.0.1' }),
      ['PUBLISH_ATTESTATION_MISSING', 'PUBLISH_ATTESTATION_MISSING'],
    ],
    [
      'one of other bytes',
      () => publish(npmSubject('other')),
      ['PUBLISH_ATTESTATION_MISSING', 'PUBLISH_ATTESTATION_MISSING'],
    ],
    [
      'one of another registry',
      () => publish(undefined, { registry: 'https://registry.npmjs.org.evil.example' }),
      ['PUBLISH_ATTESTATION_MISSING', 'PUBLISH_ATTESTATION_MISSING'],
    ],
  ])('counts no provenance beside %s (T-ID-11)', async ([, beside, expected]) => {
    const own: [string, LooseJson] = [PROVENANCE, await provenanceOf({})]
    const other = beside()
    const document = npmDocument(own, ...(other === undefined ? [] : [[NPM_PUBLISH, other] as [string, LooseJson]]))
    expect(outcomes(lock, 'npm', [document])).toEqual(expected)
  })

  it('does not take the publish attestation of another document for this one', async () => {
    const alone = npmDocument([PROVENANCE, await provenanceOf({})])
    const other = npmDocument([NPM_PUBLISH, publish()])
    expect(outcomes(lock, 'npm', [alone, other])).toEqual(['accepted v0.1', 'PUBLISH_ATTESTATION_MISSING'])
  })

  it('refuses a publish attestation that a certificate signed: anybody can have one', async () => {
    const statement = JSON.parse(Buffer.from(publish().dsseEnvelope.payload, 'base64').toString())
    expect(await judge({}, await signer.sign(statement))).toEqual([
      'PUBLISH_ATTESTATION_MISSING',
      'PUBLISH_ATTESTATION_MISSING',
    ])
  })

  it('refuses provenance that the key of the registry signed', () => {
    const statement = statementAbout('x', { subject: npmSubject('tarball') })
    const document = npmDocument([PROVENANCE, byKey(statement)], [NPM_PUBLISH, publish()])
    expect(outcomes(lock, 'npm', [document])).toEqual(['accepted v0.1', 'KEY_INVALID'])
  })

  it.for<[string, object, string]>([
    ['other bytes (T-SU-01)', { subject: npmSubject('other') }, 'SUBJECT_MISMATCH'],
    [
      'another version (T-SU-02)',
      { subject: npmSubject('tarball', 'pkg:npm/%40acme/app@0.9.0') },
      'SUBJECT_NAME_MISMATCH',
    ],
    [
      'another scope (T-SU-02)',
      { subject: npmSubject('tarball', 'pkg:npm/%40evil/app@1.0.0') },
      'SUBJECT_NAME_MISMATCH',
    ],
    ['no package', { subject: npmSubject('tarball', 'app-1.0.0.tgz') }, 'SUBJECT_NAME_MISMATCH'],
    [
      'a package in `uri` only',
      { subject: [{ ...npmSubject('tarball', 'x')[0], uri: 'pkg:npm/%40acme/app@1.0.0' }] },
      'SUBJECT_NAME_MISMATCH',
    ],
    [
      'two packages (T-SU-05)',
      { subject: [...npmSubject('tarball'), ...npmSubject('other', 'pkg:npm/b@1.0.0')] },
      'SUBJECT_LIMIT',
    ],
    ['nothing (T-SU-03)', { subject: [] }, 'SUBJECT_EMPTY'],
    [
      'sha1 only (T-SU-04)',
      { subject: [{ name: 'pkg:npm/%40acme/app@1.0.0', digest: { sha1: 'a'.repeat(40) } }] },
      'DIGEST_WEAK',
    ],
    [
      'another type than the document says (T-PP-02)',
      { predicateType: 'https://spdx.dev/Document/v2.3' },
      'PREDICATE_TYPE',
    ],
  ])('refuses provenance about %s', async ([, statement, code]) => {
    expect(await judge(statement)).toEqual(['accepted v0.1', code])
  })

  it('reads the scope in both spellings', async () => {
    expect(await judge({ subject: npmSubject('tarball', 'pkg:npm/@acme/app@1.0.0') })).toContain('accepted v1')
  })

  it.for<[string, Dependency['digests']]>([
    ['sha1 only', { sha1: 'a'.repeat(40) }],
    ['md5 only', { md5: 'a'.repeat(32) }],
    ['nothing', {}],
  ])('can say nothing where the lock names %s (T-SU-06)', async ([, digests]) => {
    const document = npmDocument([PROVENANCE, await provenanceOf({})], [NPM_PUBLISH, publish()])
    expect(outcomes(target({ digests }), 'npm', [document])).toEqual(['unsupported', 'unsupported'])
  })

  it.for<[string, Target, string]>([
    [
      'the file, and its weak digests',
      target({}, { name: 'app.tgz', digests: { sha1: 'a', md5: 'b' } }),
      'app.tgz by sha1, md5 only',
    ],
    [
      'five of them and no more',
      target({ digests: { a: '1', b: '2', c: '3', d: '4', e: '5', f: '6' } }),
      '@acme/app by a, b, c, d, e only',
    ],
    ['that there is none', target({}), '@acme/app by no digest'],
  ])('says of what it cannot compare: %s', ([, at, said]) => {
    const parsed = [parseAttestations(toBytes(npmDocument([NPM_PUBLISH, publish()])), 'doc')]
    const { unsupported } = verifyEvidence(at, 'npm', parsed, trust)
    expect(unsupported).toMatchObject([{ source: 'npm', message: expect.stringContaining(`names ${said}, which`) }])
    expect(unsupported[0]?.hint).toMatch(/DIGEST_WEAK/)
  })

  it('knows the types that npm takes, in the form of npm, for a package of npm', () => {
    const predicateType = `https://example.com/${'y'.repeat(300)}`
    const byHand = (subject: LooseJson) => byKey({ ...statementAbout('x', { predicateType, subject }), predicate: {} })
    const document = npmDocument([predicateType, byHand(npmSubject('tarball'))])
    const { unsupported } = verifyEvidence(lock, 'npm', [parseAttestations(toBytes(document), 'doc')], trust)
    expect(unsupported).toMatchObject([
      { message: expect.stringMatching(/^doc.* is a "https:\/\/example.com\/y{100}",/) },
    ])
    // Elsewhere any type is what it says.
    const crate = target({ ...lock.dependency, ecosystem: 'cargo', id: 'pkg:cargo/app@1.0.0', name: 'app' })
    const named = npmDocument([predicateType, byHand(npmSubject('tarball', 'pkg:cargo/app@1.0.0'))])
    expect(outcomes(crate, 'folder', [named])).toHaveLength(1)
    expect(outcomes(crate, 'folder', [named])[0]).toMatch(/^accepted /)
    expect(outcomes(lock, 'github', [byHand(npmSubject('tarball'))])[0]).toMatch(/^accepted /)
  })

  it('lists what cannot be read beside what can', async () => {
    const broken = structuredClone(publish())
    broken.mediaType = 'application/vnd.dev.sigstore.bundle.v9+json'
    const document = npmDocument([PROVENANCE, await provenanceOf({})], [NPM_PUBLISH, publish()], [NPM_PUBLISH, broken])
    expect(outcomes(lock, 'npm', [document])).toEqual(['accepted v1', 'accepted v0.1', 'BUNDLE_VERSION'])
  })

  it('tells who signed what it refuses, where the signature itself holds', async () => {
    const document = npmDocument([PROVENANCE, await provenanceOf({ subject: npmSubject('other') })])
    const { refused } = verifyEvidence(lock, 'npm', [parseAttestations(toBytes(document), 'doc')], trust)
    expect(refused[0]).toMatchObject({ predicateType: PROVENANCE, signer: { kind: 'certificate' } })
    expect(refused[0]?.hint).toMatch(/changed after it was signed/)
  })

  it('gives no hint where there is none', async () => {
    const bundle = await provenanceOf({ subject: [] })
    const document = parseAttestations(toBytes(npmDocument([PROVENANCE, bundle])), 'doc')
    const [refusal] = verifyEvidence(lock, 'npm', [document], trust).refused
    expect(refusal?.code).toBe('SUBJECT_EMPTY')
    expect(refusal).not.toHaveProperty('hint')
  })
})

describe('verifyEvidence over PyPI provenance', () => {
  const name = 'acme_app-1.0-py3-none-any.whl'
  const file = { name, digests: { sha256: sha256('wheel') } }
  const python = { ecosystem: 'pypi', name: 'acme-app', version: '1.0', id: 'pkg:pypi/acme-app@1.0' }
  const subject = (bytes = 'wheel', as = name) => [{ name: as, digest: { sha256: sha256(bytes) } }]
  const sign = (more: object = {}) =>
    signer.sign(statementAbout('x', { predicateType: PYPI_PUBLISH, predicate: null, subject: subject(), ...more }))

  it('accepts the file of the lock, its name read and not compared as text', async () => {
    const parsed = [parseAttestations(toBytes(await sign()), 'doc')]
    expect(verifyEvidence(target(python, file), 'pypi', parsed, trust).accepted).toMatchObject([
      { source: 'pypi', file: name },
    ])
    const [unlisted] = verifyEvidence(target({ ...python, digests: file.digests }), 'pypi', parsed, trust).accepted
    expect(unlisted).toBeDefined()
    expect(unlisted).not.toHaveProperty('file')
    const spelled = await sign({ subject: subject('wheel', 'Acme.App-1.0.0-py3-none-any.whl') })
    expect(outcomes(target(python, file), 'pypi', [spelled])).toEqual(['accepted v1'])
  })

  it.for<[string, object, string]>([
    ['other bytes', { subject: subject('other') }, 'SUBJECT_MISMATCH'],
    [
      'the archive in place of the wheel (T-SU-12)',
      { subject: subject('wheel', 'acme_app-1.0.tar.gz') },
      'SUBJECT_NAME_MISMATCH',
    ],
    ['another version', { subject: subject('wheel', 'acme_app-1.1-py3-none-any.whl') }, 'SUBJECT_NAME_MISMATCH'],
    ['another project', { subject: subject('wheel', 'acme_apps-1.0-py3-none-any.whl') }, 'SUBJECT_NAME_MISMATCH'],
    ['two files', { subject: [...subject(), ...subject('b', 'b-1.0.zip')] }, 'SUBJECT_LIMIT'],
    ['another predicate (T-PP-01)', { predicateType: 'https://in-toto.io/attestation/link/v0.3' }, 'PREDICATE_TYPE'],
  ])('refuses a statement about %s', async ([, statement, code]) => {
    expect(outcomes(target(python, file), 'pypi', [await sign(statement)])).toEqual([code])
  })

  it('holds the signed name to the release where the lock has a bare hash', async () => {
    const bare = { digests: file.digests }
    expect(outcomes(target(python, bare), 'pypi', [await sign()])).toEqual(['accepted v1'])
    const other = await sign({ subject: subject('wheel', 'evil-1.0-py3-none-any.whl') })
    expect(outcomes(target(python, bare), 'pypi', [other])).toEqual(['SUBJECT_NAME_MISMATCH'])
  })

  it('does not take a file of another project because the lock calls it so', async () => {
    const evil = { name: 'evil-1.0-py3-none-any.whl', digests: file.digests }
    const bundle = await sign({ subject: subject('wheel', evil.name) })
    expect(outcomes(target(python, evil), 'pypi', [bundle])).toEqual(['SUBJECT_NAME_MISMATCH'])
  })

  it('refuses two attestations of one type that differ, and takes one that is there twice', async () => {
    const [one, two] = [await sign(), await sign({ predicate: {} })]
    expect(outcomes(target(python, file), 'pypi', [{ attestations: [{ bundle: one }, { bundle: two }] }])).toEqual([
      'CLAIM_CONFLICT',
      'CLAIM_CONFLICT',
    ])
    expect(outcomes(target(python, file), 'pypi', [{ attestations: [{ bundle: one }, { bundle: one }] }])).toEqual([
      'accepted v1',
      'accepted v1',
    ])
  })
})

describe('verifyEvidence over everything else', () => {
  const digests = { sha256: sha256('bytes') }
  const about = (name: string | undefined, more: object = {}) =>
    signer.sign(
      statementAbout('bytes', { subject: [{ ...(name === undefined ? {} : { name }), digest: digests }], ...more }),
    )

  it.for<[string, string]>([
    ['ghcr.io/acme/app', 'accepted v1'],
    ['GHCR.io/acme/app:v1', 'accepted v1'],
    ['pkg:docker/acme/app@v1?repository_url=ghcr.io', 'accepted v1'],
    ['pkg:oci/app?repository_url=ghcr.io%2Facme%2Fapp', 'accepted v1'],
    ['ghcr.io/acme/other', 'SUBJECT_NAME_MISMATCH'],
    ['acme/app', 'SUBJECT_NAME_MISMATCH'],
  ])('compares the name of an image: %s', async ([name, expected]) => {
    const image = target({ kind: 'image', ecosystem: 'oci', name: 'ghcr.io/acme/app', id: 'pkg:oci/app', digests })
    expect(outcomes(image, 'oci', [await about(name)])).toEqual([expected])
  })

  it('knows Docker Hub under each of its names, and an image that a statement does not name', async () => {
    const image = target({ kind: 'image', ecosystem: 'oci', name: 'docker.io/library/node', digests })
    for (const name of ['node', 'library/node', 'index.docker.io/library/node:22', undefined]) {
      expect(outcomes(image, 'oci', [await about(name)])).toEqual(['accepted v1'])
    }
  })

  it('takes a crate by its archive name, and refuses the archive of an older version (T-SU-02)', async () => {
    const crate = target({ ecosystem: 'cargo', name: 'app', version: '1.0.0', id: 'pkg:cargo/app@1.0.0', digests })
    expect(outcomes(crate, 'github', [await about('target/package/app-1.0.0.crate')])).toEqual(['accepted v1'])
    expect(outcomes(crate, 'github', [await about('app-0.9.0.crate')])).toEqual(['SUBJECT_NAME_MISMATCH'])
    expect(outcomes(crate, 'github', [await about('pkg:cargo/app@1.0.0')])).toEqual(['accepted v1'])
    expect(outcomes(crate, 'github', [await about('pkg:cargo/other@1.0.0')])).toEqual(['SUBJECT_NAME_MISMATCH'])
  })

  it('needs the digest and the name of one subject, not of two (T-SU-05)', async () => {
    const crate = target({ ecosystem: 'cargo', name: 'app', version: '1.0.0', id: 'pkg:cargo/app@1.0.0', digests })
    const subject = [
      { name: 'app-1.0.0.crate', digest: { sha256: sha256('other') } },
      { name: 'lib-1.0.0.crate', digest: digests },
    ]
    expect(outcomes(crate, 'github', [await about('x', { subject })])).toEqual(['SUBJECT_NAME_MISMATCH'])
  })

  it('takes a downloaded file by its bytes, whatever it is called', async () => {
    const file = target({ kind: 'file', ecosystem: 'generic', source: 'url', name: 'tool', id: 'url:x', digests })
    expect(outcomes(file, 'github', [await about('tool-linux-amd64')])).toEqual(['accepted v1'])
  })

  it.for([
    'https://slsa.dev/provenance/v1.0',
    'https://slsa.dev/provenance/v1.1',
    'https://slsa.dev/provenance/',
    'http://slsa.dev/provenance/v1',
    'https://slsa.dev/Provenance/v1',
  ])('takes %s for no provenance (T-PP-19)', async (predicateType) => {
    const file = target({ kind: 'file', ecosystem: 'generic', name: 'tool', digests })
    expect(outcomes(file, 'github', [await about('tool', { predicateType })])).toEqual(['unsupported'])
  })

  it('takes a type that only mentions provenance for what it is', async () => {
    const file = target({ kind: 'file', ecosystem: 'generic', name: 'tool', digests })
    const predicateType = 'https://example.com/?like=https://slsa.dev/provenance/v9'
    expect(outcomes(file, 'github', [await about('tool', { predicateType })])[0]).toMatch(/^accepted /)
  })

  it('keeps the type of what is no provenance (T-PP-24)', async () => {
    const file = target({ kind: 'file', ecosystem: 'generic', name: 'tool', digests })
    const sbom = await about('tool', { predicateType: 'https://spdx.dev/Document/v2.3' })
    expect(outcomes(file, 'github', [sbom])).toEqual(['accepted v2.3'])
  })

  it('refuses a verification summary that says FAILED', async () => {
    const file = target({ kind: 'file', ecosystem: 'generic', name: 'tool', digests })
    const failed = {
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: {
        verifier: { id: 'https://example.com/v' },
        timeVerified: '2026-01-01T00:00:00Z',
        resourceUri: 'pkg:generic/tool',
        policy: { uri: 'https://example.com/p', digest: { sha256: 'a'.repeat(64) } },
        verificationResult: 'FAILED',
        verifiedLevels: ['FAILED'],
      },
    }
    expect(outcomes(file, 'github', [await about('tool', failed)])).toEqual(['VSA_REJECTED'])
  })

  it('can say nothing of a signature over bytes that are not here', () => {
    const gem = target({ ecosystem: 'gem', name: 'app', digests })
    const message = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: 'x' }, tlogEntries: [] },
      messageSignature: {
        messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update('bytes').digest('base64') },
        signature: 'AAAA',
      },
    }
    expect(outcomes(gem, 'rubygems', [message])).toEqual(['unsupported'])
    // With the bytes at hand it is judged: this one is by nobody.
    expect(outcomes(gem, 'rubygems', [message], { bytes: Buffer.from('bytes') })).toEqual(['KEY_INVALID'])
    const weak = target({ ecosystem: 'gem', name: 'app', digests: { md5: 'a' } })
    expect(outcomes(weak, 'rubygems', [message], { bytes: Buffer.from('bytes') })).toEqual(['KEY_INVALID'])
  })

  it('compares a model signature with the files that a hub lists', async () => {
    const model = target({
      kind: 'model',
      ecosystem: 'huggingface',
      name: 'org/m',
      digests: { gitCommit: 'a'.repeat(40) },
    })
    const resource = (name: string, bytes: string) => ({ name, digest: sha256(bytes), algorithm: 'sha256' as const })
    const signed = await signer.sign(buildOmsStatement('m', [resource('a.bin', 'A'), resource('b.json', 'B')]))
    const listed = (...files: [string, string?][]): HeldContent => ({
      files: files.map(([path, bytes]) => ({ path, ...(bytes === undefined ? {} : { sha256: sha256(bytes) }) })),
    })
    const judge = (held?: HeldContent) => outcomes(model, 'huggingface', [signed], held)
    expect(judge(listed(['a.bin', 'A'], ['b.json', 'B'], ['model.sig'], ['.gitattributes']))).toEqual(['accepted v1.0'])
    expect(judge(listed(['a.bin', 'X'], ['b.json', 'B']))).toEqual(['SUBJECT_MISMATCH'])
    expect(judge(listed(['a.bin', 'A']))).toEqual(['SUBJECT_MISMATCH'])
    expect(judge(listed(['a.bin', 'A'], ['b.json', 'B'], ['evil.py', 'E']))).toEqual(['FILE_UNLISTED'])
    expect(judge(listed(['a.bin', 'A'], ['b.json']))).toEqual(['unsupported'])
    expect(judge()).toEqual(['unsupported'])
    const unpinned = target({ kind: 'model', ecosystem: 'huggingface', name: 'org/m', digests: {} })
    expect(outcomes(unpinned, 'huggingface', [signed], listed(['a.bin', 'A'], ['b.json', 'B']))).toEqual([
      'accepted v1.0',
    ])
  })

  it('names the first file that a hub states no digest of, by the beginning of its name', async () => {
    const model = target({ kind: 'model', ecosystem: 'huggingface', name: 'org/m', digests: {} })
    const name = 'y'.repeat(200)
    const signed = await signer.sign(buildOmsStatement('m', [{ name, digest: sha256('A'), algorithm: 'sha256' }]))
    const parsed = [parseAttestations(toBytes(signed), 'doc')]
    const { unsupported } = verifyEvidence(model, 'huggingface', parsed, trust, { files: [{ path: name }] })
    expect(unsupported).toMatchObject([{ message: expect.stringMatching(/ signs 1 files .* "y{120}" first$/) }])
  })

  it('refuses a model signature whose subject is not the root of what it lists', async () => {
    const model = target({
      kind: 'model',
      ecosystem: 'huggingface',
      name: 'org/m',
      digests: { gitCommit: 'a'.repeat(40) },
    })
    const statement = buildOmsStatement('m', [{ name: 'a.bin', digest: sha256('A'), algorithm: 'sha256' }])
    const forged = await signer.sign({ ...statement, subject: [{ name: 'm', digest: { sha256: sha256('x') } }] })
    const files = [{ path: 'a.bin', sha256: sha256('A') }]
    expect(outcomes(model, 'huggingface', [forged], { files })).toEqual(['SUBJECT_MISMATCH'])
  })

  it('compares the commit of what is pinned in git, by its own algorithm and not by sha1', async () => {
    const commit = 'a'.repeat(40)
    const action = target({
      kind: 'action',
      ecosystem: 'github',
      source: 'git',
      name: 'o/r',
      digests: { gitCommit: commit },
    })
    const about = (digest: object) => signer.sign(statementAbout('x', { subject: [{ name: 'o/r', digest }] }))
    expect(outcomes(action, 'github', [await about({ gitCommit: commit })])).toEqual(['accepted v1'])
    expect(outcomes(action, 'github', [await about({ gitCommit: 'b'.repeat(40) })])).toEqual(['SUBJECT_MISMATCH'])
    expect(outcomes(action, 'github', [await about({ sha1: commit })])).toEqual(['SUBJECT_MISMATCH'])
  })

  it.for(['npm', 'pypi'])(
    "takes no signature of GitHub's own instance for a public package of %s",
    async (ecosystem) => {
      const lock = target({ ecosystem, digests: { sha256: sha256('bytes'), sha512: sha512('bytes') } })
      const digest = { sha256: sha256('bytes'), sha512: sha512('bytes') }
      const attestation = {
        statement: { ...statementAbout('x', { subject: [{ name: 'x', digest }] }) },
        signer: { kind: 'certificate' },
        origin: { form: 'sigstore-bundle', where: 'x', domain: 'github', times: [] },
      } as unknown as VerifiedAttestation
      expect(await codeOf(() => verifyTarget(lock, ecosystem, attestation))).toBe('TRUST_DOMAIN')
    },
  )

  it('refuses a release statement that GitHub did not sign', async () => {
    const action = target({
      kind: 'action',
      ecosystem: 'github',
      source: 'git',
      name: 'acme/action',
      id: `pkg:github/acme/action@${'a'.repeat(40)}`,
      digests: { gitCommit: 'a'.repeat(40) },
    })
    const purl = 'pkg:github/acme/action@v1'
    const release = await signer.sign({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ uri: purl, digest: { sha1: 'a'.repeat(40) } }],
      predicateType: 'https://in-toto.io/attestation/release/v0.2',
      predicate: { purl, tag: 'v1', repository: 'acme/action' },
    })
    expect(outcomes(action, 'github', [release])).toEqual(['IDENTITY_MISMATCH'])
  })
})
