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
    ['a version of SLSA with a letter before it', { slsaVersion: 'v1.2' }],
    ['a version of SLSA with a third part', { slsaVersion: '1.2.0' }],
    [
      'one input attestation without digest beside one that has it',
      { inputAttestations: [...vsa.inputAttestations, { uri: 'https://example.com/other' }] },
    ],
    [
      'a second level of a track that has two digits',
      { verifiedLevels: ['SLSA_BUILD_LEVEL_1', 'SLSA_BUILD_LEVEL_10'] },
    ],
  ])('with %s is refused', (_what, change) => {
    expect(code(() => parseVsa({ ...vsa, ...change }))).toBe('PREDICATE_MALFORMED')
  })

  it.each<[string, object]>([
    ['FAILED, which stands alone', { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] }],
    ['a time of another zone', { timeVerified: '2026-11-22T01:00:00+01:00' }],
    ['a version of SLSA with more digits', { slsaVersion: '10.12' }],
    ['no input attestations', { inputAttestations: undefined }],
    ['several levels of its own', { verifiedLevels: ['OURS_A', 'OURS_B', 'OURS_C'] }],
    ['a level that only begins as one of SLSA', { verifiedLevels: ['SLSA_BUILD_LEVEL_1', 'SLSA_BUILD_LEVEL_1_PLUS'] }],
    ['a level that only ends as one of SLSA', { verifiedLevels: ['SLSA_BUILD_LEVEL_1', 'OUR_SLSA_BUILD_LEVEL_2'] }],
  ])('with %s is read', (_what, change) => {
    expect(parseVsa({ ...vsa, ...change })).toEqual({ ...vsa, ...change })
  })

  it('tells no dependencies from no claim', () => {
    expect(parseVsa({ ...vsa, dependencyLevels: {} }).dependencyLevels).toEqual({})
    expect(parseVsa({ ...vsa, dependencyLevels: undefined }).dependencyLevels).toBeUndefined()
  })

  it('of ours invents no SLSA level', () => {
    for (const level of ['SLSA_CLEAN', 'SLSA_BUILD_LEVEL_3_PLUS', 'SLSA_BUILD_LEVEL_']) {
      expect(code(() => buildVsa({ ...vsa, verifiedLevels: [level] }))).toBe('PREDICATE_MALFORMED')
    }
  })

  it('of ours names every level that SLSA has, the two without a number among them', () => {
    const verifiedLevels = [
      ...['SLSA_BUILD_LEVEL_3', 'SLSA_SOURCE_LEVEL_UNEVALUATED'],
      ...['SLSA_SOURCE_TWO_PARTY_REVIEWED', 'SLSA_BUILD_REPRODUCED'],
    ]
    expect(buildVsa({ ...vsa, verifiedLevels }).verifiedLevels).toEqual(verifiedLevels)
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

  it('say when in any zone, and that tests failed', () => {
    const svr = { verifier: { id: 'v', policies: [] }, timeCreated: '2026-11-22T01:00:00+01:00', properties: ['OK'] }
    expect(parseSvr(svr)).toEqual(svr)
    const failed = { result: 'FAILED', configuration: [], passedTests: ['a'], failedTests: ['b'] }
    expect(parseTestResult(failed)).toEqual(failed)
    const passed = { result: 'PASSED', configuration: [], passedTests: ['a'], failedTests: [] }
    expect(parseTestResult(passed)).toEqual(passed)
    expect(parseLink({ name: 'build' })).toEqual({ name: 'build' })
  })

  it.each([null, undefined])('take %s in provenance for empty', (nothing) => {
    const provenance = parseProvenance({
      buildDefinition: {
        buildType: 'https://example.com/type',
        externalParameters: { a: 1 },
        internalParameters: nothing,
        resolvedDependencies: nothing,
      },
      runDetails: { builder: { id: 'https://example.com/builder' }, metadata: nothing, byproducts: nothing },
    })
    expect(provenance).toEqual({
      buildDefinition: {
        buildType: 'https://example.com/type',
        externalParameters: { a: 1 },
        internalParameters: {},
        resolvedDependencies: [],
      },
      runDetails: { builder: { id: 'https://example.com/builder' }, metadata: {}, byproducts: [] },
    })
  })

  it('keep of provenance what it says, extensions too', () => {
    const provenance = {
      buildDefinition: {
        buildType: 'https://example.com/type',
        externalParameters: { a: 1 },
        internalParameters: { b: 2 },
        resolvedDependencies: [{ uri: 'git+https://example.com/a', digest: { gitCommit: 'a'.repeat(40) } }],
        example_more: 1,
      },
      runDetails: {
        builder: { id: 'https://example.com/builder', version: { builder: '1' } },
        metadata: { invocationId: '7', startedOn: '2026-11-22T00:00:00Z', finishedOn: null },
        byproducts: [{ name: 'log', digest: { sha256: SHA } }],
      },
    }
    expect(parseProvenance(provenance)).toEqual(provenance)
  })

  it.each([
    ['no build type', { buildType: '' }, {}],
    ['parameters that are no object', { externalParameters: [] }, {}],
    ['parameters of the platform that are no object', { internalParameters: 'a' }, {}],
    ['a builder without a name', {}, { builder: { id: '' } }],
    ['an invocation that is no text', {}, { metadata: { invocationId: 7 } }],
    ['a start that is no text', {}, { metadata: { startedOn: 7 } }],
    ['an end that is no text', {}, { metadata: { finishedOn: 7 } }],
  ])('refuse provenance with %s', (_what, definition, details) => {
    const buildDefinition = { buildType: 'https://example.com/type', externalParameters: {}, ...definition }
    const runDetails = { builder: { id: 'https://example.com/builder' }, ...details }
    expect(code(() => parseProvenance({ buildDefinition, runDetails }))).toBe('PREDICATE_MALFORMED')
  })

  it('show of a release that is refused the beginning, however long its name is', () => {
    const message = (purl: string) => {
      try {
        return parseRelease({ purl })
      } catch (error) {
        return (error as Error).message
      }
    }
    const long = message(`pkg:npm/${'a'.repeat(1000)}`)
    expect(message(`pkg:npm/${'a'.repeat(2000)}`)).toBe(long)
    expect(long).toContain(`pkg:npm/${'a'.repeat(100)}`)
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
    [
      'a test result that warns with failed tests',
      () => parseTestResult({ result: 'WARNED', configuration: [], failedTests: ['x'] }),
    ],
    ['a test result without configuration', () => parseTestResult({ result: 'PASSED' })],
    ['a link without a name', () => parseLink({ name: '' })],
    [
      'a link with a nameless material',
      () => parseLink({ name: 'b', materials: [{ uri: 'x', digest: { sha256: SHA } }] }),
    ],
    ['a link with a material without digest', () => parseLink({ name: 'b', materials: [{ name: 'a', uri: 'x' }] })],
    [
      'a link with one material twice',
      () => parseLink({ name: 'b', materials: [1, 2].map(() => ({ name: 'a', digest: { sha256: SHA } })) }),
    ],
    ['a release without a version', () => parseRelease({ purl: 'pkg:npm/%40scope/name' })],
    ['a release with neither a name nor a version', () => parseRelease({ purl: 'pkg:npm' })],
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
