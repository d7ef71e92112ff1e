import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../../src/model/dependency.ts'
import type { RegistryWord } from '../../../src/model/evidence.ts'
import {
  askRule,
  dependencyOf,
  evidenceOf,
  gist,
  lockOf,
  recordOf,
  sourceError,
  subjectOf,
  vouched,
} from '../../support/subjects.ts'

const ask = (registry: RegistryWord, lock = lockOf()) =>
  askRule('lock-matches-registry', subjectOf({ evidence: evidenceOf({ registry }), lock }))
const gone = (fault = sourceError()): RegistryWord => ({ kind: 'unavailable', error: fault })

describe('lock-matches-registry (R0)', () => {
  it('is quiet where the registry vouches for the locked bytes, and where no registry stands behind an entry', () => {
    expect(ask(vouched())).toStrictEqual([])
    expect(ask({ kind: 'not-applicable' })).toStrictEqual([])
  })

  it.each(['REGISTRY_DIGEST_MISMATCH', 'REGISTRY_SIGNATURE_INVALID'] as const)('T-NS-19: fires %s', (code) => {
    const objections = ask({ kind: 'mismatch', code, message: 'sha512 differs', record: recordOf() })
    expect(gist(objections)).toStrictEqual([`${code} invalid`])
  })

  it('does not know where the registry cannot be asked, and says so louder where it answered before', () => {
    expect(gist(ask(gone()))).toStrictEqual(['SOURCE_UNREACHABLE unknown'])
    expect(gist(ask(gone(), lockOf({ best: 'registered' })))).toStrictEqual(['SOURCE_UNREACHABLE unknown'])
    const never = lockOf({ best: 'none' })
    expect(gist(ask(gone(), never))).toStrictEqual(['SOURCE_UNREACHABLE unknown context'])
    const first = subjectOf({ evidence: evidenceOf({ registry: gone() }) })
    expect(gist(askRule('lock-matches-registry', first))).toStrictEqual(['SOURCE_UNREACHABLE unknown context'])
  })

  it.each([
    ['truncated', 'SOURCE_TRUNCATED'],
    ['unreadable', 'EVIDENCE_UNREADABLE'],
    ['unsupported', 'UNSUPPORTED'],
    ['stripped', 'SOURCE_UNREACHABLE'],
    ['offline', 'SOURCE_UNREACHABLE'],
  ] as const)('says %s as %s', (fault, code) => {
    expect(gist(ask(gone(sourceError({ fault }))))).toStrictEqual([`${code} unknown`])
  })

  it('objects to a version that its registry does not have, and fails only where it had the line before', () => {
    const missing: RegistryWord = { kind: 'not-vouched', message: 'no such version' }
    expect(gist(ask(missing))).toStrictEqual(['REGISTRY_NOT_VOUCHED'])
    expect(gist(ask(missing, lockOf({ best: 'none' })))).toStrictEqual(['REGISTRY_NOT_VOUCHED unusual'])
  })

  it('says of an entry without a digest what installing it would do', () => {
    const missing: RegistryWord = { kind: 'not-vouched', message: 'the lock names no digest' }
    const said = (parts: Partial<Dependency>) =>
      askRule(
        'lock-matches-registry',
        subjectOf({
          dependency: dependencyOf('pkg:npm/app@1.0.0', { digests: {}, ...parts }),
          evidence: evidenceOf({ registry: missing }),
        }),
      )
    expect(gist(said({}))).toStrictEqual(['DIGEST_MISSING unknown note'])
    expect(said({})[0]?.message).toContain('whatever is served under that version would be installed')
    // Yarn holds what it installs to a checksum of its own: that is not nothing, and not the registry's word either.
    expect(gist(said({ checksum: '10c0/abc' }))).toStrictEqual(['DIGEST_MISSING unknown note'])
    expect(said({ checksum: '10c0/abc' })[0]?.message).toContain('a checksum that the package manager made')
  })

  it('quotes and cuts what a registry says', () => {
    const [objection] = ask({ kind: 'not-vouched', message: `\u001b]8;;\n::error::${'x'.repeat(10_000)}` })
    expect(objection?.message).not.toContain('\n')
    expect(objection?.message).not.toContain('\u001b')
    expect(objection?.message.length).toBeLessThan(600)
  })

  it('counts the digests of an entry’s files for digests of the entry', () => {
    const files = [{ name: 'app-1.0.0.whl', digests: { sha256: 'a'.repeat(64) } }]
    const dependency = dependencyOf('pkg:pypi/app@1.0.0', { digests: {}, files })
    const registry: RegistryWord = { kind: 'not-vouched', message: 'no such version' }
    const subject = subjectOf({ dependency, evidence: evidenceOf({ registry }) })
    expect(gist(askRule('lock-matches-registry', subject))).toStrictEqual(['REGISTRY_NOT_VOUCHED unusual'])
  })
})
