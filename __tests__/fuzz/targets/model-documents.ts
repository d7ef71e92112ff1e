import { decodeBase64 } from '../../../src/model/base64.ts'
import { parseAttestations, readUnread } from '../../../src/model/bundle.ts'
import { bundleSchema, parseBundlePart, toWire } from '../../../src/model/bundle-schema.ts'
import { hasCodeSigningUsage, parseCertificate } from '../../../src/model/certificate.ts'
import { decodeText, readDer, readDerChildren, readDerExact, readDerUtf8String } from '../../../src/model/der.ts'
import { parseKeylessIdentity, parsePrivateCaIdentity } from '../../../src/model/identity.ts'
import {
  decodeUtf8,
  type JsonValue,
  parseJson,
  parseJsonObject,
  requireExactNumbers,
  toSortedJson,
} from '../../../src/model/json.ts'
import { lateMark } from '../../../src/model/late-mark.ts'
import { parseTreeHead, proofFromTiles, tilesForProof } from '../../../src/model/log-tiles.ts'
import { foreignRunner } from '../../../src/model/recorded-runner.ts'
import { parseRecording, RECORDING_SCHEMA } from '../../../src/model/recording.ts'
import { parseStatement, serializeStatement } from '../../../src/model/statement.ts'
import { readYaml } from '../../../src/model/yaml-text.ts'
import { codeSigning, issueCertificate, san, uriName } from '../../support/certificates.ts'
import { binaryTarget, documentTarget, jsonSeeds, type Target, textTarget } from '../engine/target.ts'
import { BUNDLE, bundleSeeds, ENVELOPE, STATEMENT } from './bundle-seeds.ts'

const JSON_FILE = 'src/model/json.ts'
const DER_FILE = 'src/model/der.ts'
const DER = { code: 'CERTIFICATE_INVALID', what: 'the value' } as const

const recording = {
  schema: RECORDING_SCHEMA,
  kind: 'train',
  startedOn: '2026-11-20T10:00:00Z',
  finishedOn: '2026-11-20T11:00:00Z',
  exit: { code: 0, signal: null },
  externalParameters: { command: ['python', 'train.py'] },
  internalParameters: {},
  resolvedDependencies: [{ uri: 'git+https://github.com/a/b', digest: { gitCommit: 'a'.repeat(40) } }],
  byproducts: [],
  builder: { id: 'https://example.com/builder', version: { node: '24.15.0' } },
  outputs: [{ role: 'model', path: 'out/model', kind: 'file', digest: { sha256: 'b'.repeat(64) }, bytes: 5 }],
  limits: [{ code: 'SAME_JOB', message: 'signed in the job that ran it' }],
}

/** Certificates as Fulcio gives them out, and one that says nothing. */
function certificateSeeds(): readonly Uint8Array[] {
  const fulcio = ['1.3.6.1.4.1.57264.1.8', '1.3.6.1.4.1.57264.1.9', '1.3.6.1.4.1.57264.1.24'].map((oid) => ({
    oid,
    value: Buffer.concat([Buffer.from([0x0c, 5]), Buffer.from('value')]),
  }))
  const raw = { oid: '1.3.6.1.4.1.57264.1.2', value: Buffer.from('push') }
  const name = san(uriName('https://github.com/a/b/.github/workflows/c.yml@refs/heads/main'))
  const full = issueCertificate({ extensions: [codeSigning, name, ...fulcio, raw] })
  return [full.der, issueCertificate({}).der]
}

/** With the digits of a number that was rounded to an integer beyond 2^53, as its next reader keeps them. */
const withDigits = (value: JsonValue): string =>
  toSortedJson(
    JSON.parse(JSON.stringify(value), (_, one: unknown) =>
      Number.isInteger(one) && !Number.isSafeInteger(one) ? String(one) : one,
    ),
  )

/**
 * A text that was parsed and is written again means the same; a number that was rounded so far has become its digits.
 * Before anything is signed such a number is refused.
 */
const writesSame = (value: JsonValue): string | undefined => {
  const again = parseJson(JSON.stringify(value), 'again', { maxBytes: 2 ** 26 })
  return withDigits(again) === withDigits(value) ? undefined : 'is read otherwise when it is written again'
}

export const MODEL_DOCUMENTS: readonly Target[] = [
  documentTarget('model/json', {
    covers: [`${JSON_FILE} parseJson`, `${JSON_FILE} parseJsonObject`, `${JSON_FILE} decodeUtf8`],
    seeds: () => [
      ...bundleSeeds(),
      '[1,2.5,-0,1e3,"\\ud83d\\ude00",9007199254740993]',
      '{"a":{"b":[null,true]},"c":""}',
    ],
    run: (bytes) => parseJson(bytes, 'it'),
    complain: writesSame,
  }),
  textTarget('model/json-text', {
    covers: [`${JSON_FILE} parseJsonObject`],
    seeds: bundleSeeds,
    run: (text) => {
      const value = parseJsonObject(text, 'it', { maxBytes: 100_000, maxDepth: 16 })
      requireExactNumbers(text, 'it')
      return value
    },
  }),
  documentTarget('model/attestations', {
    covers: ['src/model/bundle.ts parseAttestations'],
    seeds: bundleSeeds,
    run: (bytes) => parseAttestations(bytes, 'it'),
    complain: ({ attestations, unreadable }) =>
      attestations.length + unreadable.length > 0 ? undefined : 'holds neither an attestation nor an unreadable one',
  }),
  documentTarget('model/unread', {
    covers: ['src/model/bundle.ts readUnread'],
    seeds: bundleSeeds,
    run: (bytes) => readUnread({ bytes, where: 'it', form: 'npm' }),
    complain: ({ form }) => (form === 'npm' ? undefined : `came as ${form}`),
  }),
  documentTarget('model/bundle-part', {
    covers: ['src/model/bundle-schema.ts parseBundlePart'],
    seeds: jsonSeeds(BUNDLE),
    run: (bytes) => {
      const wire = toWire(parseBundlePart(bundleSchema, parseJson(bytes, 'it'), 'it')) as JsonValue
      return [wire, toWire(parseBundlePart(bundleSchema, wire, 'it')) as JsonValue] as const
    },
    complain: ([once, twice]) => (toSortedJson(once) === toSortedJson(twice) ? undefined : 'is read otherwise again'),
  }),
  documentTarget('model/statement', {
    covers: ['src/model/statement.ts parseStatement'],
    seeds: jsonSeeds(STATEMENT),
    run: (bytes) => {
      const statement = parseStatement(bytes)
      foreignRunner(statement)
      lateMark(statement.predicate)
      return statement
    },
    complain: (statement) => {
      const again = parseStatement(serializeStatement(statement))
      return toSortedJson(again) === toSortedJson(statement) ? undefined : 'is read otherwise when it is written again'
    },
  }),
  documentTarget('model/recording', {
    covers: ['src/model/recording.ts parseRecording'],
    seeds: jsonSeeds(recording),
    run: (bytes) => parseRecording(bytes, 'it'),
  }),
  textTarget('model/base64', {
    covers: ['src/model/base64.ts decodeBase64'],
    seeds: () => [ENVELOPE.payload, 'AA==', 'AAA=', 'AAAA'],
    run: (text) => decodeBase64(text, 'it'),
    // Either alphabet, padded or not; nothing else is taken.
    complain: (bytes, text) =>
      Buffer.from(bytes).toString('base64url') === text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
        ? undefined
        : 'another text stands for the same value',
  }),
  binaryTarget('model/certificate', {
    covers: [
      'src/model/certificate.ts parseCertificate',
      'src/model/identity.ts parseKeylessIdentity',
      'src/model/identity.ts parsePrivateCaIdentity',
    ],
    seeds: certificateSeeds,
    run: (der) => {
      const certificate = parseCertificate(der)
      hasCodeSigningUsage(certificate)
      parsePrivateCaIdentity(certificate)
      return parseKeylessIdentity(certificate)
    },
  }),
  binaryTarget('model/der', {
    covers: ['readDer', 'readDerExact', 'readDerChildren', 'readDerUtf8String', 'decodeText'].map(
      (name) => `${DER_FILE} ${name}`,
    ),
    seeds: () => [...certificateSeeds(), Uint8Array.of(0x0c, 3, 0x61, 0x62, 0x63), Uint8Array.of(0x30, 0x81, 0x80)],
    run: (bytes) => {
      const { content, end } = readDer(bytes, 0, DER)
      for (const child of readDerChildren(content, DER)) decodeText(child.content, DER)
      readDerUtf8String(bytes, DER)
      return { content: readDerExact(bytes, DER).content, end }
    },
    complain: ({ end }, bytes) => (end <= bytes.length ? undefined : 'ends beyond its end'),
  }),
  textTarget('model/tree-head', {
    covers: ['src/model/log-tiles.ts parseTreeHead'],
    seeds: () => {
      const root = Buffer.alloc(32, 7).toString('base64')
      const head = (size: string) => `go.sum database tree\n${size}\n${root}\n\n— sum.golang.org AAAA\n`
      return [head('42'), head('999999999999999'), head('0')]
    },
    run: (text) => {
      const { size } = parseTreeHead(text)
      const index = Math.max(size - 1, 0)
      const tiles = tilesForProof(index, size).map((tile) => ({ ...tile, hashes: new Uint8Array(tile.width * 32) }))
      return size === 0 ? [] : proofFromTiles(index, size, tiles)
    },
    complain: (proof) => (proof.length <= 64 ? undefined : 'the proof has more than 64 hashes'),
  }),
  textTarget('model/yaml-text', {
    covers: ['src/model/yaml-text.ts readYaml'],
    seeds: () => ['a: &x [1, 2]\nb: *x # c\nc: |\n  text\n', '%YAML 1.1\n---\n- a\n- {b: c}\n--- \n? d\n: e\n'],
    throwsNothing: true,
    run: readYaml,
    complain: ({ fault }, text) =>
      fault === undefined || (fault.offset >= 0 && fault.offset <= text.length)
        ? undefined
        : 'is wrong at no place of it',
  }),
  documentTarget('model/utf8', {
    covers: [`${JSON_FILE} decodeUtf8`],
    seeds: () => ['text', 'é😀'],
    run: (bytes) => decodeUtf8(bytes, 'it'),
    complain: (text, bytes) => (Buffer.from(text).equals(Buffer.from(bytes)) ? undefined : 'lost bytes'),
  }),
]
