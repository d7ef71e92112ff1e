import { describe, expect, it } from 'vitest'
import { parseAttestations, readUnread } from '../../src/model/bundle.ts'
import { DOCUMENT_LIMITS } from '../../src/model/json.ts'
import { type LooseJson, toBytes } from '../support/real-signer.ts'
import { b64, certificate, checkpoint, dsse, errorOf, fullBundle, logEntry, message, ROOT } from './bundle-parts.ts'

const parse = (value: unknown) => parseAttestations(toBytes(value), 'test.json')
const parseText = (text: string) => parseAttestations(new TextEncoder().encode(text), 'test.jsonl')
const only = (value: unknown): LooseJson => {
  const { attestations, unreadable } = parse(value)
  expect([attestations.length, unreadable.length]).toEqual([1, 0])
  return attestations[0]
}
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
const content = {
  kind: 'dsse',
  payloadType: dsse.payloadType,
  payload: bytesOf(dsse.payload),
  signature: bytesOf(dsse.signatures[0].sig),
  keyid: '',
}
const typed = (version: string) => (b: LooseJson) => {
  b.mediaType = `application/vnd.dev.sigstore.bundle+json;version=${version}`
}

const pep740 = (change: (object: LooseJson) => void = () => undefined): LooseJson => {
  const object: LooseJson = {
    version: 1,
    verification_material: { certificate, transparency_entries: [logEntry()] },
    envelope: { statement: dsse.payload, signature: dsse.signatures[0].sig },
  }
  change(object)
  return object
}

describe('what is read from', () => {
  it('a bundle: content, signer, log entries, times, and the bundle for the library', () => {
    expect(only(fullBundle())).toStrictEqual({
      form: 'sigstore-bundle',
      where: 'test.json',
      content,
      key: { kind: 'certificate', chain: [bytesOf(certificate)] },
      logEntries: [
        {
          kind: 'dsse',
          version: '0.0.1',
          logId: bytesOf(b64('log')),
          logIndex: '41',
          integratedTime: 1_700_000_000,
          hasPromise: true,
        },
      ],
      timestamps: [bytesOf(b64('time'))],
      bundle: fullBundle((b) => (b.dsseEnvelope.signatures[0].keyid = '')),
      claimedPredicateType: undefined,
    })
  })

  it('a bundle without log and times: nothing', () => {
    const read = only(
      fullBundle((b) => {
        delete b.verificationMaterial.tlogEntries
        delete b.verificationMaterial.timestampVerificationData
      }),
    )
    expect([read.logEntries, read.timestamps]).toEqual([[], []])
    expect(only(fullBundle((b) => (b.verificationMaterial.timestampVerificationData = {}))).timestamps).toEqual([])
    expect(only(fullBundle((b) => delete b.dsseEnvelope.signatures[0].keyid)).content.keyid).toBe('')
  })

  it('a log entry without promise, index and time: no promise, and zero for both', () => {
    const bare = logEntry((entry) => {
      delete entry.inclusionPromise
      delete entry.logIndex
      delete entry.integratedTime
    })
    expect(only(fullBundle((b) => (b.verificationMaterial.tlogEntries = [bare]))).logEntries).toMatchObject([
      { logIndex: '0', integratedTime: 0, hasPromise: false },
    ])
  })

  it('a bundle over a digest, as OMS and cosign sign files', () => {
    expect(only(fullBundle((b) => message(b, 'SHA2_512', 64))).content).toStrictEqual({
      kind: 'message',
      algorithm: 'sha512',
      digest: new Uint8Array(64).fill(9),
      signature: bytesOf(b64('signature')),
    })
  })

  it.for<[string, LooseJson, LooseJson]>([
    ['a key with a hint', { publicKey: { hint: 'abc' } }, { kind: 'key', hint: 'abc' }],
    ['a key without one', { publicKey: {} }, { kind: 'key', hint: '' }],
    [
      'a chain of certificates',
      { x509CertificateChain: { certificates: [{ rawBytes: certificate }, { rawBytes: ROOT }] } },
      { kind: 'certificate', chain: [bytesOf(certificate), bytesOf(ROOT)] },
    ],
  ])('a bundle that names %s', ([, verificationMaterial, key]) => {
    expect(only(fullBundle((b) => (b.verificationMaterial = verificationMaterial))).key).toStrictEqual(key)
  })

  it('a chain of certificates under v0.1 and v0.2, which the library reads, and v0.3, which it refuses', () => {
    const chained = (version: string) =>
      only(
        fullBundle((b) => {
          typed(version)(b)
          b.verificationMaterial = { x509CertificateChain: { certificates: [{ rawBytes: certificate }] } }
        }),
      ).bundle
    expect(['0.1', '0.2', '0.3'].map((version) => chained(version) !== undefined)).toEqual([true, true, false])
  })

  it('a DSSE envelope by itself: content, and nobody who signed it', () => {
    const keyed = { ...dsse, signatures: [{ ...dsse.signatures[0], keyid: 'my key' }] }
    expect(only(keyed)).toStrictEqual({
      form: 'dsse',
      where: 'test.json',
      content: { ...content, keyid: 'my key' },
      key: { kind: 'none' },
      logEntries: [],
      timestamps: [],
      bundle: undefined,
      claimedPredicateType: undefined,
    })
  })

  it('a PEP 740 attestation: the bundle that it stands for', () => {
    expect(only(pep740())).toStrictEqual({
      ...only(
        fullBundle((b) => {
          delete b.verificationMaterial.timestampVerificationData
          delete b.dsseEnvelope.signatures[0].keyid
        }),
      ),
      form: 'pep740',
    })
  })

  it('a PEP 740 provenance object: the attestations of every group', () => {
    const groups = [{ attestations: [pep740(), pep740()] }, { attestations: [pep740()] }, {}, 'text']
    const { form, attestations, unreadable } = parse({ version: 1, attestation_bundles: groups })
    expect([form, unreadable]).toEqual(['pep740', []])
    expect(attestations.map(({ form, where }) => [form, where])).toEqual([
      ['pep740', 'test.json #1'],
      ['pep740', 'test.json #2'],
      ['pep740', 'test.json #3'],
    ])
  })

  it('an npm document: the type beside each bundle, and none where it is no text', () => {
    const { form, attestations } = parse({
      attestations: [
        { predicateType: 'https://outer.example', bundle: fullBundle() },
        { predicateType: 7, bundle: fullBundle() },
      ],
    })
    expect(form).toBe('npm')
    expect(attestations.map(({ form, claimedPredicateType }) => [form, claimedPredicateType])).toEqual([
      ['npm', 'https://outer.example'],
      ['npm', undefined],
    ])
    const [single] = parse({ attestations: [{ predicateType: 7, bundle: fullBundle() }] }).attestations
    expect(single?.claimedPredicateType).toBeUndefined()
  })

  it('a list with a bad entry: where the bad one stands, and the others', () => {
    const { form, attestations, unreadable } = parse({ attestations: [{ bundle: fullBundle() }, { bundle: {} }, 1] })
    expect(form).toBe('github-api')
    expect(attestations.map(({ where }) => where)).toEqual(['test.json #1'])
    expect(unreadable).toMatchObject([
      { where: 'test.json #2', error: { code: 'BUNDLE_VERSION' } },
      { where: 'test.json #3', error: { code: 'BUNDLE_VERSION' } },
    ])
  })
})

describe('a document is refused', () => {
  it.for<[string, unknown, string]>([
    ['with two signatures', fullBundle((b) => b.dsseEnvelope.signatures.push({ sig: ROOT })), 'SIGNATURE_COUNT'],
    ['with an empty list of signatures', fullBundle((b) => (b.dsseEnvelope.signatures = [])), 'SIGNATURE_COUNT'],
    ['without a list of signatures', fullBundle((b) => delete b.dsseEnvelope.signatures), 'SIGNATURE_COUNT'],
    ['as an envelope with two signatures', { ...dsse, signatures: [{ sig: ROOT }, { sig: ROOT }] }, 'SIGNATURE_COUNT'],
    ['of groups that are no list', { attestation_bundles: 1 }, 'BUNDLE_MALFORMED'],
    ['with a payload alone', { payload: dsse.payload }, 'BUNDLE_MALFORMED'],
    ['with a payload type alone', { payloadType: dsse.payloadType }, 'BUNDLE_MALFORMED'],
    ['as half a PEP 740 object: no envelope', { version: 1, verification_material: {} }, 'BUNDLE_MALFORMED'],
    ['as half a PEP 740 object: no material', { version: 1, envelope: {} }, 'BUNDLE_MALFORMED'],
    ['as PEP 740 with no groups', { attestation_bundles: [] }, 'BUNDLE_MALFORMED'],
    ['as PEP 740 of version "1"', pep740((o) => (o.version = '1')), 'BUNDLE_VERSION'],
    [
      'as PEP 740 without entries',
      pep740((o) => (o.verification_material.transparency_entries = [])),
      'LOG_ENTRY_MISSING',
    ],
    ['as PEP 740 without signature', pep740((o) => delete o.envelope.signature), 'BUNDLE_MALFORMED'],
    ['as PEP 740 without statement', pep740((o) => delete o.envelope.statement), 'BUNDLE_MALFORMED'],
    ['as PEP 740 without certificate', pep740((o) => delete o.verification_material.certificate), 'BUNDLE_MALFORMED'],
    ['as attestations that are no objects', { attestations: ['text'] }, 'BUNDLE_MALFORMED'],
    ['as attestations without bundles', { attestations: [{}] }, 'BUNDLE_MALFORMED'],
    [
      'with a media type in a list, which reads as text',
      fullBundle((b) => (b.mediaType = [b.mediaType])),
      'BUNDLE_VERSION',
    ],
    ['with the name of a method for a media type', fullBundle((b) => (b.mediaType = 'toString')), 'BUNDLE_VERSION'],
    ['with no media type in the npm form', { attestations: [{ predicateType: '', bundle: 1 }] }, 'BUNDLE_VERSION'],
  ])('%s', ([, document, code]) => {
    expect(errorOf(() => parse(document)).code).toBe(code)
  })

  it('saying at most 120 letters of its media type', () => {
    const { message, hint } = errorOf(() => parse({ mediaType: 'm'.repeat(500) }))
    expect(message.endsWith(` "${'m'.repeat(119)}`)).toBe(true)
    expect(hint).toContain('v0.1')
  })

  it('with a list of what can be read where it is none of it, or half of one', () => {
    const material = { version: 1, verification_material: {} }
    const halves = [{}, { payload: dsse.payload }, { payloadType: dsse.payloadType }, material, { envelope: {} }]
    for (const half of halves) expect(errorOf(() => parse(half)).hint).toContain('npm')
  })

  it('saying how many signatures it has', () => {
    const twice = fullBundle((b) => b.dsseEnvelope.signatures.push({ sig: ROOT }))
    expect(errorOf(() => parse(twice)).message).toContain(' 2 ')
    expect(errorOf(() => parse(fullBundle((b) => delete b.dsseEnvelope.signatures))).message).toContain(' 0 ')
  })

  it('saying which content it has: none, or both', () => {
    const both = fullBundle((b) => {
      message(b, 'SHA2_256', 32)
      b.dsseEnvelope = dsse
    })
    expect(errorOf(() => parse(both)).message).toContain('both')
    expect(errorOf(() => parse(fullBundle((b) => delete b.dsseEnvelope))).message).toBe(
      'test.json has no signed content',
    )
  })

  it('over 16 MiB, and not for its size at exactly that', () => {
    const most = DOCUMENT_LIMITS.maxBytes
    expect(errorOf(() => parseAttestations(Buffer.alloc(most, '!'), 'x')).code).toBe('JSON_MALFORMED')
    expect(errorOf(() => parseAttestations(new Uint8Array(most + 1), 'x'))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: `x has ${most + 1} bytes; at most ${most}`,
    })
  })

  it('over 100 attestations, and is read at exactly that', () => {
    const list = (count: number) => ({ attestations: Array.from({ length: count }, () => ({ bundle: 1 })) })
    expect(parse(list(100)).unreadable).toHaveLength(100)
    expect(errorOf(() => parse(list(101))).code).toBe('LIMIT_EXCEEDED')
    const lines = (count: number) => '{}\n'.repeat(count)
    expect(parseText(lines(100)).unreadable).toHaveLength(100)
    expect(errorOf(() => parseText(lines(101))).code).toBe('LIMIT_EXCEEDED')
  })

  it('of another form than was asked for', () => {
    const npm = { attestations: [{ predicateType: 'https://outer.example', bundle: fullBundle() }] }
    expect(readUnread({ bytes: toBytes(npm), where: 'x', form: 'npm' }).attestations).toHaveLength(1)
    expect(errorOf(() => readUnread({ bytes: toBytes(npm), where: 'x', form: 'pep740' })).code).toBe('BUNDLE_MALFORMED')
  })
})

describe('JSON lines', () => {
  const line = JSON.stringify(fullBundle())

  it('may begin with one byte order mark and no second one', () => {
    expect(parseText(`\uFEFF${line}\n${line}`).attestations).toHaveLength(2)
    expect(parseText(`\uFEFF${line}`).attestations).toHaveLength(1)
    expect(errorOf(() => parseText(`\uFEFF\uFEFF${line}`)).code).toBe('JSON_MALFORMED')
    const marked = parseText(`${line}\n\uFEFF${line}`)
    expect(marked.unreadable).toMatchObject([{ line: 2, error: { code: 'JSON_MALFORMED' } }])
  })

  it('may end in CRLF, hold blank lines and be indented; lines are counted as an editor does', () => {
    const { form, attestations, unreadable } = parseText(`\r\n  ${line}  \r\n \t\r\n${line}\r\n{}\r\n`)
    expect(form).toBe('sigstore-bundle')
    expect(attestations.map(({ line }) => line)).toEqual([2, 4])
    expect(unreadable).toMatchObject([{ where: 'test.jsonl line 5', line: 5 }])
  })

  it('may hold no CR within a text, which JSON forbids', () => {
    const broken = line.replace('.bundle.', '.bun\rdle.')
    expect(parseText(`${line}\r\n${broken}\r\n`).unreadable).toMatchObject([
      { line: 2, error: { code: 'JSON_MALFORMED' } },
    ])
  })

  it('have the form of the first line that can be read', () => {
    const envelope = JSON.stringify(dsse)
    expect(parseText(`{}\n${envelope}\n${line}`).form).toBe('dsse')
    expect(parseText('{}\n{}').form).toBe('sigstore-bundle')
  })

  it('give what is unreadable in a list on a line the number of that line', () => {
    const list = JSON.stringify({ attestations: [{ bundle: fullBundle() }, { bundle: 1 }] })
    expect(parseText(`${line}\n${list}`).unreadable).toMatchObject([{ where: 'test.jsonl line 2 #2', line: 2 }])
  })

  it('are not what begins with another thing than an object', () => {
    expect(errorOf(() => parseText(`[${line}\n,{}`)).code).toBe('JSON_MALFORMED')
    expect(errorOf(() => parseText(`1}\n${line}`)).code).toBe('JSON_MALFORMED')
    expect(errorOf(() => parseText('')).code).toBe('JSON_MALFORMED')
  })
})

describe('a log entry of a bundle', () => {
  const promised = logEntry((entry) => delete entry.inclusionProof)
  const proven = logEntry((entry) => delete entry.inclusionPromise)
  const neither = logEntry((entry) => {
    delete entry.inclusionPromise
    delete entry.inclusionProof
  })
  const unsigned = logEntry((entry) => delete entry.inclusionProof.checkpoint)
  const bundleOf = (version: string, ...entries: LooseJson[]) =>
    fullBundle((b) => {
      typed(version)(b)
      b.verificationMaterial.tlogEntries = entries
    })

  it.for<[string, string, LooseJson]>([
    ['0.1', 'a promise alone', promised],
    ['0.1', 'a promise and a proof without checkpoint', unsigned],
    ['0.2', 'a proof alone', proven],
    ['0.3', 'a proof alone', proven],
  ])('of v%s may have %s', ([version, , entry]) => {
    expect(only(bundleOf(version, entry)).logEntries).toHaveLength(1)
  })

  it.for<[string, string, LooseJson, string]>([
    ['0.1', 'a proof alone', proven, 'inclusion promise'],
    ['0.1', 'neither', neither, 'inclusion promise'],
    ['0.2', 'a promise alone', promised, 'inclusion proof with a checkpoint'],
    ['0.2', 'neither', neither, 'inclusion proof with a checkpoint'],
    ['0.3', 'a promise alone', promised, 'inclusion proof with a checkpoint'],
    ['0.3', 'a proof without checkpoint', unsigned, 'inclusion proof with a checkpoint'],
  ])('of v%s is refused with %s', ([version, , entry, what]) => {
    expect(errorOf(() => parse(bundleOf(version, logEntry(), entry)))).toMatchObject({
      code: 'LOG_PROOF_INVALID',
      message: `test.json: log entry 2 has no ${what}`,
    })
  })

  it.for<[string, LooseJson]>([
    ['no root beside its checkpoint', logEntry((entry) => delete entry.inclusionProof.rootHash)],
    ['no size beside its checkpoint', logEntry((entry) => delete entry.inclusionProof.treeSize)],
  ])('may state %s', ([, entry]) => {
    expect(only(bundleOf('0.3', entry)).logEntries).toHaveLength(1)
  })

  // Only the checkpoint is signed: whoever changes the words beside it shows another tree to a reader of those.
  it.for<[string, LooseJson]>([
    ['another root than its checkpoint', logEntry((e) => (e.inclusionProof.rootHash = b64(Buffer.alloc(32, 8))))],
    ['the first bytes of the root alone', logEntry((e) => (e.inclusionProof.rootHash = b64(Buffer.alloc(31, 7))))],
    ['another size than its checkpoint', logEntry((e) => (e.inclusionProof.treeSize = '43'))],
    [
      'root and size of another checkpoint',
      logEntry((e) => (e.inclusionProof.checkpoint.envelope = checkpoint({ size: '43', root: b64(Buffer.alloc(32)) }))),
    ],
  ])('is refused where it states %s', ([, entry]) => {
    expect(errorOf(() => parse(bundleOf('0.3', logEntry(), entry)))).toMatchObject({
      code: 'LOG_PROOF_INVALID',
      message: 'test.json: log entry 2 states another tree than its checkpoint',
    })
  })
})
