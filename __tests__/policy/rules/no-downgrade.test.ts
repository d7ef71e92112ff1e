import { describe, expect, it } from 'vitest'
import type { VersionFact } from '../../../src/model/facts.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  askRule,
  attested,
  dependencyOf,
  evidenceOf,
  factsOf,
  gist,
  known,
  lockOf,
  messageOf,
  signedSubject,
  sourceError,
  subjectOf,
} from '../../support/subjects.ts'

const ask = (subject: Subject, setting = {}) => gist(askRule('no-downgrade', subject, setting))
const version = (number: string, claimsAttestations: boolean, publishedAt?: string): VersionFact => ({
  version: number,
  claimsAttestations,
  publishedAt,
})
const withHistory = (versions: readonly VersionFact[], more: Partial<Subject> = {}) =>
  subjectOf({ change: 'changed', facts: factsOf({ history: known(versions) }), ...more })

describe('no-downgrade (R1)', () => {
  it('T-PP-12: fires where the trust lock had stronger evidence for this release line', () => {
    expect(ask(subjectOf({ lock: lockOf() }))).toStrictEqual(['ATTESTATION_LOST lost'])
    expect(ask(subjectOf({ lock: lockOf({ best: 'signed' }) }))).toStrictEqual(['ATTESTATION_LOST lost'])
  })

  it('is quiet where evidence is as strong as it was, or the line never had any', () => {
    expect(ask(signedSubject([attested()], { lock: lockOf() }))).toStrictEqual([])
    expect(ask(subjectOf({ lock: lockOf({ best: 'registered' }) }))).toStrictEqual([])
    expect(ask(subjectOf({ lock: lockOf({ best: 'none' }) }))).toStrictEqual([])
    expect(ask(subjectOf())).toStrictEqual([])
  })

  it('takes a signature without provenance for less than provenance', () => {
    const publish = { predicateType: 'https://docs.pypi.org/attestations/publish/v1' }
    const dependency = dependencyOf('pkg:pypi/app@1.2.3')
    const subject = signedSubject([attested({}, publish)], { dependency, lock: lockOf() })
    expect(ask(subject)).toStrictEqual(['ATTESTATION_LOST lost'])
    expect(ask({ ...subject, lock: lockOf({ best: 'signed' }) })).toStrictEqual([])
  })

  it('T-PP-01: takes an attestation of another kind for none', () => {
    const sbom = attested({}, { predicateType: 'https://cyclonedx.org/bom' })
    expect(ask(signedSubject([sbom], { lock: lockOf() }))).toStrictEqual(['ATTESTATION_LOST lost'])
  })

  it('T-SU-12: counts the weakest of several files', () => {
    const files = { checked: 2, attested: 1, pinned: 0 }
    const one = [attested({}, { file: 'a.whl' })]
    const both = [...one, attested({}, { file: 'a.tar.gz' })]
    expect(ask(subjectOf({ evidence: evidenceOf({ accepted: one, files }), lock: lockOf() }))).toStrictEqual([
      'ATTESTATION_LOST lost',
    ])
    expect(ask(subjectOf({ evidence: evidenceOf({ accepted: both, files }), lock: lockOf() }))).toStrictEqual([])
  })

  it('does not call a source that is out of reach a loss', () => {
    const evidence = evidenceOf({ silent: [], unavailable: [sourceError()] })
    expect(ask(subjectOf({ evidence, lock: lockOf() }))).toStrictEqual(['SOURCE_UNREACHABLE unknown'])
  })

  it('T-PP-12: is no error for a backport into a line that was never attested, and unusual for the package', () => {
    const dependency = dependencyOf('pkg:npm/axios@0.30.4')
    const subject = subjectOf({ dependency, change: 'changed', otherLines: [lockOf({ name: 'axios' })] })
    expect(ask(subject)).toStrictEqual(['ATTESTATION_LOST unusual'])
  })

  it('T-PP-12: looks at the history of a new entry, by release line', () => {
    const history = [version('1.2.2', true), version('0.9.0', true), version('1.2.3', false)]
    expect(ask(withHistory(history))).toStrictEqual(['ATTESTATION_LOST lost'])
    expect(ask(withHistory(history, { change: 'added' }))).toStrictEqual(['ATTESTATION_LOST lost'])
    expect(ask(withHistory(history, { change: 'known' }))).toStrictEqual([])
    expect(ask(withHistory([version('0.9.0', true)]))).toStrictEqual(['ATTESTATION_LOST unusual'])
    expect(ask(withHistory([version('1.2.2', false)]))).toStrictEqual([])
    expect(ask(withHistory(history, { evidence: evidenceOf({ accepted: [attested()] }) }))).toStrictEqual([])
  })

  it('T-PP-12: does not take a later version for an earlier one, nor a low number for an old version', () => {
    expect(ask(withHistory([version('1.3.0', true)]))).toStrictEqual([])
    const later = version('1.3.0', true, '2026-01-01T00:00:00Z')
    const own = version('1.2.3', false, '2026-09-01T00:00:00Z')
    expect(ask(withHistory([later, own]))).toStrictEqual(['ATTESTATION_LOST lost'])
  })

  it('leaves out versions older than the policy says', () => {
    const history = [version('1.2.2', true, '2023-01-01T00:00:00Z')]
    expect(ask(withHistory(history), { ignoreOlderThan: '2024-01-01' })).toStrictEqual([])
    expect(ask(withHistory(history), { ignoreOlderThan: '2022-01-01' })).toStrictEqual(['ATTESTATION_LOST lost'])
  })

  it('leaves alone what the policy excepts, by package or by scope', () => {
    const subject = subjectOf({ lock: lockOf() })
    expect(ask(subject, { except: ['pkg:npm/@acme/**'] })).toStrictEqual([])
    expect(ask(subject, { except: ['pkg:npm/@acme-evil/**'] })).toStrictEqual(['ATTESTATION_LOST lost'])
    expect(ask(subject, { scopes: ['development'] })).toStrictEqual([])
    expect(ask(subject, { scopes: ['runtime'] })).toStrictEqual(['ATTESTATION_LOST lost'])
    const unspecified = { ...subject, dependency: dependencyOf('pkg:npm/%40acme/app@1.2.3', { scope: 'unspecified' }) }
    expect(ask(unspecified, { scopes: ['runtime'] })).toStrictEqual(['ATTESTATION_LOST lost'])
  })
})

describe('no-downgrade, at its edges', () => {
  const ask = (more: Partial<Subject>, setting = {}) => gist(askRule('no-downgrade', subjectOf(more), setting))
  const listed = (version: string, publishedAt?: string): VersionFact => ({
    version,
    claimsAttestations: true,
    publishedAt,
  })
  const history = (...versions: VersionFact[]): Partial<Subject> => ({
    change: 'changed',
    facts: factsOf({ history: known(versions) }),
  })
  const NOTHING = evidenceOf({ registry: { kind: 'not-applicable' } })

  it('is no matter of registries: their silence has a rule of its own', () => {
    expect(ask({ lock: lockOf({ best: 'registered' }), evidence: NOTHING })).toStrictEqual([])
  })

  it('looks at other lines only where this one never had anything', () => {
    const dependency = dependencyOf('pkg:pypi/app@1.2.3')
    const publish = attested({}, { predicateType: 'https://docs.pypi.org/attestations/publish/v1' })
    const evidence = evidenceOf({ accepted: [publish] })
    const otherLines = [lockOf({ line: '2' })]
    expect(ask({ dependency, evidence, otherLines })).toStrictEqual(['ATTESTATION_LOST unusual'])
    expect(ask({ dependency, evidence, otherLines, lock: lockOf({ best: 'signed' }) })).toStrictEqual([])
  })

  it('lowers what the lock recorded of this very version', () => {
    const unusual = [{ version: '1.2.3', code: 'ATTESTATION_LOST' }]
    expect(ask({ lock: lockOf({ unusual } as never) })).toStrictEqual(['ATTESTATION_LOST context lost'])
  })

  it.for<[string, Partial<Subject>, object, readonly string[]]>([
    ['a lower number', history(listed('1.2.2')), {}, ['ATTESTATION_LOST lost']],
    ['its own number', history(listed('1.2.3')), {}, []],
    ['a higher number', history(listed('1.2.4')), {}, []],
    [
      'a higher number from before',
      history(listed('1.2.4', '2026-01-01'), { ...listed('1.2.3', '2026-01-02'), claimsAttestations: false }),
      {},
      ['ATTESTATION_LOST lost'],
    ],
    [
      'a higher number of the same moment',
      history(listed('1.2.4', '2026-01-02'), { ...listed('1.2.3', '2026-01-02'), claimsAttestations: false }),
      {},
      [],
    ],
    [
      'one from before the day that counts',
      history(listed('1.2.2', '2025-12-31')),
      { ignoreOlderThan: '2026-01-01' },
      [],
    ],
    [
      'one of the day that counts',
      history(listed('1.2.2', '2026-01-01')),
      { ignoreOlderThan: '2026-01-01' },
      ['ATTESTATION_LOST lost'],
    ],
    [
      'nothing, where it has no version',
      { ...history(listed('1.2.2')), dependency: { ...dependencyOf('pkg:npm/%40acme/app'), version: undefined } },
      {},
      [],
    ],
  ])('compares with %s', ([, more, setting, said]) => {
    expect(ask(more, setting)).toStrictEqual(said)
  })
})

describe('no-downgrade names what was lost, and where it was', () => {
  it.for<[string, Partial<Subject>, string]>([
    [
      'in the lock',
      { lock: lockOf() },
      'has the registry\'s own word and nothing signed by its producer, but the release line "1" in the trust lock (seen since "1.0.0") had build provenance',
    ],
    [
      'to nothing',
      { lock: lockOf({ best: 'signed' }), evidence: evidenceOf({ registry: { kind: 'not-applicable' } }) },
      'has no evidence, but the release line "1" in the trust lock (seen since "1.0.0") had a signature',
    ],
    [
      'in another line',
      { otherLines: [lockOf({ line: '2' })] },
      'has the registry\'s own word and nothing signed by its producer, and the release line "2" had build provenance',
    ],
    [
      'in the registry’s list',
      { change: 'changed', facts: factsOf({ history: known([{ version: '1.2.2', claimsAttestations: true }]) }) },
      'but "1.2.2", of the same release line by the registry\'s list, had a signature',
    ],
  ])('%s', ([, more, text]) => {
    const message = messageOf('no-downgrade', subjectOf(more))
    expect(message.endsWith(text), message).toBe(true)
    expect(message).toMatch(/^"@acme\/app@1\.2\.3" has /)
  })
})
