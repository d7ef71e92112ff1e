import { describe, expect, it } from 'vitest'
import {
  buildStatement,
  buildVsa,
  parseLink,
  parseProvenance,
  parseRelease,
  parseStatement,
  parseSvr,
  parseTestResult,
  parseVsa,
  preAuthEncoding,
  serializeStatement,
  VSA_V1,
} from '../../src/in-toto.ts'

const SHA = 'a'.repeat(64)
const code = (work: () => unknown): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  }
}

const vsa = {
  verifier: { id: 'https://example.com/verifier', version: { cleanbill: '1.0.0' } },
  timeVerified: '2026-11-22T00:00:00Z',
  resourceUri: 'pkg:npm/left-pad@1.3.0',
  policy: { uri: 'https://example.com/policy', digest: { sha256: SHA } },
  inputAttestations: [{ uri: 'https://example.com/att', digest: { sha256: SHA } }],
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'CLEANBILL_GATE_STRICT_V1'],
  dependencyLevels: { SLSA_BUILD_LEVEL_2: 7 },
  slsaVersion: '1.2',
} as const

describe('a verification summary', () => {
  it('survives a statement and back', () => {
    const statement = buildStatement({
      subject: [{ name: 'package-lock.json', digest: { sha256: SHA } }],
      predicateType: VSA_V1,
      predicate: buildVsa(vsa),
    })
    expect(parseVsa(parseStatement(serializeStatement(statement)).predicate)).toEqual(vsa)
  })

  it.each<[string, object]>([
    ['a policy without uri', { policy: { digest: { sha256: SHA } } }],
    ['an input attestation without digest', { inputAttestations: [{ uri: 'https://example.com/att' }] }],
    ['PASSED with the level FAILED', { verifiedLevels: ['FAILED'] }],
    ['FAILED with a level', { verificationResult: 'FAILED' }],
    ['FAILED beside another level', { verificationResult: 'FAILED', verifiedLevels: ['FAILED', 'SLSA_BUILD_LEVEL_1'] }],
    ['two levels of one track', { verifiedLevels: ['SLSA_BUILD_LEVEL_1', 'SLSA_BUILD_LEVEL_3'] }],
    ['no level at all', { verifiedLevels: [] }],
    ['a result of its own', { verificationResult: 'passed' }],
    ['no verifier', { verifier: {} }],
    ['no resourceUri', { resourceUri: undefined }],
    ['a count below zero', { dependencyLevels: { SLSA_BUILD_LEVEL_2: -1 } }],
    ['a time without zone', { timeVerified: '2026-11-22T00:00:00' }],
  ])('with %s is refused', (_what, change) => {
    expect(code(() => parseVsa({ ...vsa, ...change }))).toBe('PREDICATE_MALFORMED')
  })

  it('tells no dependencies from no claim', () => {
    expect(parseVsa({ ...vsa, dependencyLevels: {} }).dependencyLevels).toEqual({})
    expect(parseVsa({ ...vsa, dependencyLevels: undefined }).dependencyLevels).toBeUndefined()
  })

  it('of ours invents no SLSA level', () => {
    expect(code(() => buildVsa({ ...vsa, verifiedLevels: ['SLSA_CLEAN'] }))).toBe('PREDICATE_MALFORMED')
  })
})

describe('the other predicates', () => {
  it('are read as their specifications write them', () => {
    const svr = {
      verifier: { id: 'https://example.com/v', policies: [] },
      timeCreated: '2026-11-22T00:00:00Z',
      properties: ['OK'],
    }
    expect(parseSvr(svr)).toEqual(svr)
    const result = { result: 'WARNED', configuration: [{ uri: 'https://example.com/c' }], warnedTests: ['slow'] }
    expect(parseTestResult(result)).toEqual(result)
    const link = { name: 'build', command: ['make'], materials: [{ name: 'a', digest: { sha256: SHA } }] }
    expect(parseLink(link)).toEqual(link)
    expect(parseRelease({ purl: 'pkg:npm/%40scope/name@1.0.0', packageId: '7' }).purl).toContain('@1.0.0')
  })

  it.each<[string, () => unknown]>([
    [
      'an SVR without properties',
      () => parseSvr({ verifier: { id: 'x', policies: [] }, timeCreated: '2026-11-22T00:00:00Z', properties: [] }),
    ],
    [
      'an SVR without policies',
      () => parseSvr({ verifier: { id: 'x' }, timeCreated: '2026-11-22T00:00:00Z', properties: ['A'] }),
    ],
    [
      'a test result that passed with failed tests',
      () => parseTestResult({ result: 'PASSED', configuration: [], failedTests: ['x'] }),
    ],
    ['a test result without configuration', () => parseTestResult({ result: 'PASSED' })],
    ['a link without a name', () => parseLink({ name: '' })],
    [
      'a link with a nameless material',
      () => parseLink({ name: 'b', materials: [{ uri: 'x', digest: { sha256: SHA } }] }),
    ],
    [
      'a link with one material twice',
      () => parseLink({ name: 'b', materials: [1, 2].map(() => ({ name: 'a', digest: { sha256: SHA } })) }),
    ],
    ['a release without a version', () => parseRelease({ purl: 'pkg:npm/%40scope/name' })],
    ['a release that is no package', () => parseRelease({ purl: 'left-pad@1.0.0' })],
    ['a release whose version stands in a qualifier only', () => parseRelease({ purl: 'pkg:npm/name?v=@1' })],
    [
      'provenance without a builder',
      () => parseProvenance({ buildDefinition: { buildType: 'x', externalParameters: {} }, runDetails: {} }),
    ],
  ])('%s is refused', (_what, work) => {
    expect(code(work)).toBe('PREDICATE_MALFORMED')
  })

  it('refuse a digest that is none', () => {
    expect(code(() => parseLink({ name: 'b', materials: [{ name: 'a', digest: { sha256: 'abc' } }] }))).toBe(
      'DIGEST_MALFORMED',
    )
  })
})

describe('statements', () => {
  it('encode as DSSE’s own vector does', () => {
    const encoded = preAuthEncoding('http://example.com/HelloWorld', new TextEncoder().encode('hello world'))
    expect(Buffer.from(encoded).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
  })

  const subject = (name: string, digest: Record<string, string> = { sha256: SHA }) => ({ name, digest })
  it.each<[string, string, ReturnType<typeof subject>[]]>([
    ['no subject', 'SUBJECT_EMPTY', []],
    ['one name twice', 'SUBJECT_NAME_DUPLICATE', [subject('a'), subject('a')]],
    ['a weak digest only', 'DIGEST_WEAK', [subject('a', { sha1: 'a'.repeat(40) })]],
    ['more subjects than anybody reads', 'SUBJECT_LIMIT', Array.from({ length: 1025 }, (_, n) => subject(String(n)))],
  ])('with %s are not built', (_what, expected, subjects) => {
    expect(code(() => buildStatement({ subject: subjects, predicateType: VSA_V1, predicate: {} }))).toBe(expected)
  })
})
