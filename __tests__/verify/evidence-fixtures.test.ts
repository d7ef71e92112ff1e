import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import type { DigestSet } from '../../src/model/digest.ts'
import { isCleanbillError } from '../../src/model/error.ts'
import type { Target } from '../../src/model/evidence.ts'
import { NPM_PUBLISH } from '../../src/model/predicates/registry.ts'
import { parsePackageUrl } from '../../src/model/purl.ts'
import { parsePythonFile } from '../../src/model/python-file-name.ts'
import { parseNpmKeys, parseTrustedRoots, type Trust } from '../../src/verify/trust-material.ts'
import { type VerifiedEvidence, verifyEvidence } from '../../src/verify/verify-evidence.ts'
import { FIXTURES, type Fixture, fixturePath, loadFixtures } from '../support/fixtures.ts'

const PROD = 'sigstore/trusted-roots/sigstore-prod.trusted_root.json'
const KEYS = 'sigstore/trusted-roots/npm-registry-keys.json'
const KINDS = ['npm-attestations', 'sigstore-bundle', 'bundle-jsonl', 'pep740-attestation', 'pep740-provenance']

const fixtures = loadFixtures().filter(({ path, kind }) => /^(?:npm|pypi)\//.test(path) && KINDS.includes(kind))

const read = (path: string): Uint8Array => readFileSync(fixturePath(path))

function trustOf(root: string): Trust {
  return {
    roots: parseTrustedRoots(read(root), root),
    keys: parseNpmKeys(read(KEYS), KEYS),
    rootCertificates: [],
    now: new Date('2026-11-22T12:00:00Z'),
  }
}

/** What a lock would say about the package that the fixture is about: real bytes where they are there. */
function targetOf({ path, inputs, observed }: Fixture, artifact = inputs.artifact): Target {
  const subject = observed.entries?.flatMap(({ subjects }) => subjects ?? [])[0] as
    | { readonly name: string; readonly digest?: DigestSet }
    | undefined
  const bytes = artifact === undefined || !existsSync(fixturePath(artifact)) ? undefined : read(artifact)
  const hash = (algorithm: string) =>
    bytes === undefined ? subject?.digest?.[algorithm] : createHash(algorithm).update(bytes).digest('hex')
  if (path.startsWith('npm/')) {
    const id = inputs.purl ?? subject?.name ?? 'pkg:npm/unknown@1.0.0'
    const { namespace = '', name = '', version } = parsePackageUrl(id) ?? {}
    const full = namespace === '' ? name : `${namespace}/${name}`
    const sha512 = hash('sha512')
    const digests = { sha512: sha512 ?? '0'.repeat(128) }
    return { dependency: entry({ id, ecosystem: 'npm', name: full, version, digests }), digests }
  }
  const file = artifact === undefined ? (subject?.name ?? '') : basename(artifact)
  const { project = '', version } = parsePythonFile(file) ?? {}
  const digests = { sha256: hash('sha256') ?? '' }
  const id = `pkg:pypi/${project}@${version}`
  return {
    dependency: entry({ id, ecosystem: 'pypi', name: project, version }),
    file: { name: file, digests },
    digests,
  }
}

function entry(parts: Pick<Dependency, 'id' | 'ecosystem' | 'name' | 'version'> & Partial<Dependency>): Dependency {
  return { kind: 'package', digests: {}, file: 'lock', line: 1, scope: 'runtime', source: 'registry', ...parts }
}

/** `source` of a bundle by itself: a publish attestation is asked for only where npm's own document came. */
function judge(fixture: Fixture, target = targetOf(fixture)): VerifiedEvidence | string {
  const source = fixture.kind === 'npm-attestations' ? 'npm' : fixture.path.startsWith('pypi/') ? 'pypi' : 'file'
  const root = fixture.inputs.trusted_root ?? PROD
  try {
    const document = parseAttestations(read(fixture.path), basename(fixture.path))
    return verifyEvidence(target, source, [document], trustOf(root))
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    return error.code
  }
}

/** Is there a verified attestation that says more than that a registry took the package? */
const counts = (result: VerifiedEvidence | string): boolean =>
  typeof result !== 'string' &&
  result.accepted.some(({ attestation }) => attestation.statement.predicateType !== NPM_PUBLISH) &&
  result.refused.length === 0

/** What each is refused for, in the order in which it is found; the reason is that which the fixture's origin names. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  'npm/pacote/invalid-attestations.json': ['BASE64_MALFORMED', 'PUBLISH_ATTESTATION_MISSING'],
  'npm/pacote/mismatched-subject-digest-attestations.json': ['PUBLISH_ATTESTATION_MISSING', 'SIGNATURE_INVALID'],
  'npm/pacote/mismatched-keyid-attestations.json': ['KEY_INVALID'],
  // Made with a mocked log: it has no time, which is seen before the digest.
  'npm/libnpmpublish/digest-mismatch-provenance-bundle.json': ['TIME_UNTRUSTED'],
  'npm/libnpmpublish/no-provenance-subject-bundle.json': ['TIME_UNTRUSTED'],
  'npm/slsa-verifier/gundam-visor-cli-v1-tag-invalidsigprov.attestations.json': ['SIGNATURE_INVALID'],
  'npm/slsa-verifier/gundam-visor-cli-v1-tag-invalidsigpub.attestations.json': [
    'SIGNATURE_INVALID',
    'PUBLISH_ATTESTATION_MISSING',
  ],
  'npm/slsa-verifier/provenance-npm-test-cli-v02-prega-invalidsigprov.attestations.json': ['SIGNATURE_INVALID'],
  'npm/slsa-verifier/provenance-npm-test-cli-v02-prega-invalidsigpub.attestations.json': [
    'SIGNATURE_INVALID',
    'PUBLISH_ATTESTATION_MISSING',
  ],
  'npm/slsa-verifier-unit/npm-att-mismatch-prov-payloadtype.json': ['SIGNATURE_INVALID'],
  'npm/slsa-verifier-unit/npm-att-mismatch-pub-predicatetype.json': ['PUBLISH_ATTESTATION_MISSING', 'PREDICATE_TYPE'],
  'npm/slsa-verifier-unit/npm-att-prov-invalid-signature.json': ['SIGNATURE_INVALID'],
  'npm/slsa-verifier-unit/npm-att-publish-nodigest.json': ['PUBLISH_ATTESTATION_MISSING', 'SIGNATURE_INVALID'],
  'npm/slsa-verifier-unit/npm-stmt-mismatch-prov-type.json': ['SIGNATURE_INVALID'],
}

const codesOf = (result: VerifiedEvidence | string): readonly string[] =>
  typeof result === 'string' ? [result] : result.refused.map(({ code }) => code)

describe.runIf(fixtures.length > 0)('verifyEvidence over real attestations of packages', () => {
  it('has all of them', () => expect(fixtures.length).toBeGreaterThan(30))

  it.for(fixtures.filter(({ expected }) => ['valid', 'reject'].includes(expected.verdict)))(
    'gives the expected verdict for $path',
    (fixture) => {
      const result = judge(fixture)
      const valid = fixture.expected.verdict === 'valid'
      expect({ valid: counts(result), codes: codesOf(result) }).toEqual({
        valid,
        codes: valid ? [] : REASONS[fixture.path],
      })
    },
  )

  it('loses none of the attestations, whatever the verdict', () => {
    for (const fixture of fixtures) {
      const result = judge(fixture)
      if (typeof result === 'string') continue
      const { attestations, unreadable } = parseAttestations(read(fixture.path), 'x')
      const { accepted, refused, unsupported } = result
      expect(accepted.length + refused.length + unsupported.length).toBe(attestations.length + unreadable.length)
    }
  })
})

interface Pairing {
  readonly attestation: string
  readonly artifact: string
}

const pairs = existing<{ pairs: Pairing[] }>('negative_pairings.json')?.pairs ?? []

describe.runIf(pairs.length > 0)('verifyEvidence over a valid attestation beside another artifact', () => {
  const byPath = new Map(fixtures.map((fixture) => [fixture.path, fixture]))
  const ours = pairs.filter(({ attestation }) => byPath.has(attestation))

  it.for(ours)('refuses $attestation for $artifact as SUBJECT_MISMATCH', ({ attestation, artifact }) => {
    const fixture = byPath.get(attestation)
    if (fixture === undefined) throw new Error('no fixture')
    // A lock of the same package whose digest is that of the other artifact.
    const own = targetOf(fixture)
    const { digests } = targetOf(fixture, artifact)
    const result = judge(fixture, { ...own, digests, dependency: { ...own.dependency, digests } })
    expect(typeof result === 'string' ? [] : result.accepted).toEqual([])
    const codes = codesOf(result)
    // One of these documents has a key nobody trusts, which is seen first; its provenance is judged all the same.
    expect(codes).toContain(attestation.includes('mismatched-keyid') ? 'KEY_INVALID' : 'SUBJECT_MISMATCH')
  })
})

interface PolicyCase {
  readonly name: string
  readonly attestations?: string
  readonly package_name?: string
  readonly package_version?: string
  readonly expected: 'accept' | 'reject'
  readonly slsa_verifier_error?: string
}

/** The other errors (source, builder) are policy: who may sign is asked after this. */
const ABOUT_EVIDENCE = ['ErrorMismatchPackageVersion', 'ErrorMismatchPackageName', 'ErrorInvalidSignature']
const cases = (existing<{ cases: PolicyCase[] }>('policy_cases.json')?.cases ?? []).filter(
  ({ attestations, expected, slsa_verifier_error = '' }) =>
    attestations?.startsWith('npm/') === true &&
    (expected === 'accept' || ABOUT_EVIDENCE.includes(slsa_verifier_error)),
)

describe.runIf(cases.length > 0)("verifyEvidence over slsa-verifier's own cases of npm", () => {
  it('has all of them', () => expect(cases.length).toBeGreaterThan(10))

  it.for(cases)('$name: $expected', ({ attestations, expected, package_name, package_version }) => {
    const fixture = fixtures.find(({ path }) => path === attestations)
    if (fixture === undefined) throw new Error('no fixture')
    const own = targetOf(fixture)
    const name = package_name ?? own.dependency.name
    const version = package_version ?? own.dependency.version ?? ''
    const id = `pkg:npm/${name.replace('@', '%40')}@${version}`
    const result = judge(fixture, { ...own, dependency: { ...own.dependency, id, name, version } })
    expect(counts(result)).toBe(expected === 'accept')
  })
})

function existing<T>(name: string): T | undefined {
  const path = join(FIXTURES, name)
  // Sound enough for a test: a shape that is not this one fails it.
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined
}
