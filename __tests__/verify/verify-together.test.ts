import { describe, expect, it } from 'vitest'
import type { FetchedAttestation } from '../../src/model/attestation.ts'
import { CleanbillError } from '../../src/model/error.ts'
import type { Target } from '../../src/model/evidence.ts'
import { PROVENANCE_V1 } from '../../src/model/predicates/provenance.ts'
import { NPM_PUBLISH, PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
import type { Outcome } from '../../src/verify/outcome.ts'
import { requireTogether } from '../../src/verify/verify-together.ts'
import { dependencyOf } from '../support/dependencies.ts'

const target = (ecosystem: string): Target => ({
  dependency: dependencyOf({ ecosystem, name: 'app', version: '1.0.0' }),
  digests: {},
})

interface Parts {
  readonly form?: FetchedAttestation['form']
  readonly line?: number
  readonly predicate?: unknown
  readonly refused?: boolean
  readonly unsupported?: boolean
  readonly unverified?: boolean
}

/** One attestation behind its own checks. */
function outcome(predicateType: string, parts: Parts = {}): Outcome {
  const { form = 'sigstore-bundle', line, predicate = {} } = parts
  const payload = new TextEncoder().encode(JSON.stringify({ predicateType, predicate }))
  const fetched = { form, where: 'test', line, content: { kind: 'dsse', payload } }
  return {
    fetched,
    attestation: parts.unverified ? undefined : { statement: { predicateType, predicate }, signer: {}, origin: {} },
    ...(parts.refused ? { refusal: new CleanbillError('SUBJECT_MISMATCH', 'refused') } : {}),
    ...(parts.unsupported ? { unsupported: { message: 'unsupported' } } : {}),
  } as unknown as Outcome
}

const codes = (outcomes: readonly Outcome[], ecosystem: string, source: string) =>
  requireTogether(outcomes, target(ecosystem), source).map(({ refusal }) => refusal?.code)
const MISSING = 'PUBLISH_ATTESTATION_MISSING'

describe('the publish attestation of npm', () => {
  const provenance = outcome(PROVENANCE_V1)
  const publish = outcome(NPM_PUBLISH)

  it('has to stand beside provenance, from npm or in the form that npm gives', () => {
    expect(codes([provenance, publish], 'npm', 'npm')).toStrictEqual([undefined, undefined])
    expect(codes([provenance], 'npm', 'npm')).toStrictEqual([MISSING])
    expect(codes([outcome(PROVENANCE_V1, { form: 'npm' })], 'npm', 'folder')).toStrictEqual([MISSING])
    expect(codes([provenance], 'npm', 'github')).toStrictEqual([undefined])
    // One line in npm's form makes the document one of npm.
    const mixed = [provenance, outcome(PROVENANCE_V1, { form: 'npm', line: 2 })]
    expect(codes(mixed, 'npm', 'folder')).toStrictEqual([MISSING, MISSING])
    expect(requireTogether([provenance], target('npm'), 'npm')[0]?.refusal?.hint).toMatch(/registry's own attestation/)
    expect(codes([outcome(PROVENANCE_V1, { form: 'npm' })], 'cargo', 'npm')).toStrictEqual([undefined])
  })

  it('needs nothing beside itself', () => {
    expect(codes([outcome(NPM_PUBLISH, { line: 1 }), publish], 'npm', 'npm')).toStrictEqual([undefined, undefined])
  })

  it('counts only where it holds', () => {
    for (const parts of [{ refused: true }, { unsupported: true }, { unverified: true }]) {
      expect(codes([provenance, outcome(NPM_PUBLISH, parts)], 'npm', 'npm')[0]).toBe(MISSING)
    }
  })

  it('stands on the same line of JSON lines', () => {
    const lines = [outcome(PROVENANCE_V1, { line: 1 }), outcome(NPM_PUBLISH, { line: 2 })]
    expect(codes(lines, 'npm', 'npm')).toStrictEqual([MISSING, undefined])
  })

  it('is no further refusal of what is refused or cannot be judged', () => {
    expect(codes([outcome(PROVENANCE_V1, { refused: true })], 'npm', 'npm')).toStrictEqual(['SUBJECT_MISMATCH'])
    expect(codes([outcome(PROVENANCE_V1, { unsupported: true })], 'npm', 'npm')).toStrictEqual([undefined])
    expect(codes([outcome(PROVENANCE_V1, { unverified: true })], 'npm', 'npm')).toStrictEqual([undefined])
  })
})

describe('two attestations where there is one', () => {
  const CONFLICT = 'CLAIM_CONFLICT'
  const two = (type: string, first: Parts = {}, second: Parts = {}) => [
    outcome(type, { predicate: { n: 1 }, ...first }),
    outcome(type, { predicate: { n: 2 }, ...second }),
  ]

  it('contradict each other, of one type at PyPI', () => {
    expect(codes(two(PYPI_PUBLISH), 'pypi', 'pypi')).toStrictEqual([CONFLICT, CONFLICT])
    expect(codes(two(PYPI_PUBLISH, {}, { predicate: { n: 1 } }), 'pypi', 'pypi')).toStrictEqual([undefined, undefined])
    expect(codes(two(PYPI_PUBLISH), 'pypi', 'github')).toStrictEqual([undefined, undefined])
    expect(codes(two(PYPI_PUBLISH), 'cargo', 'pypi')).toStrictEqual([undefined, undefined])
    const types = [outcome(PYPI_PUBLISH, { predicate: 1 }), outcome(PROVENANCE_V1, { predicate: 2 })]
    expect(codes(types, 'pypi', 'pypi')).toStrictEqual([undefined, undefined])
  })

  it.for(['v0.1', 'v0.2'])('contradict each other, of one tag of a release (%s)', (version) => {
    const type = `https://in-toto.io/attestation/release/${version}`
    const of = (tag: string, n: number) => ({ predicate: { purl: `pkg:github/acme/action@${tag}`, n } })
    expect(codes(two(type, of('v1', 1), of('v1', 2)), 'github', 'github')).toStrictEqual([CONFLICT, CONFLICT])
    expect(codes(two(type, of('v1', 1), of('v2', 2)), 'github', 'github')).toStrictEqual([undefined, undefined])
  })

  it('do not where one of them does not hold', () => {
    for (const parts of [{ refused: true }, { unsupported: true }, { unverified: true }]) {
      expect(codes(two(PYPI_PUBLISH, {}, parts), 'pypi', 'pypi')[0]).toBeUndefined()
    }
  })
})
