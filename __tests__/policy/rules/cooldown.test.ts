import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../../src/model/evidence.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  accepted,
  askRule,
  attested,
  dependencyOf,
  evidenceOf,
  factsOf,
  gist,
  known,
  recordOf,
  sourceError,
  subjectOf,
  verified,
  vouched,
} from '../../support/subjects.ts'

// Judged at 2026-10-01T12:00:00Z.
const ask = (evidence: Partial<Evidence>, setting = {}) =>
  gist(askRule('cooldown', subjectOf({ evidence: evidenceOf(evidence) }), setting))
const published = (publishedAt: string) => ({ registry: vouched({ publishedAt }) })
const OLD = '2026-09-01T00:00:00Z'
const YESTERDAY = '2026-09-30T12:00:00Z'

describe('cooldown (R7)', () => {
  it('fires for three days, to the second, and for as many as the policy says', () => {
    expect(ask(published('2026-09-28T12:00:01Z'))).toStrictEqual(['TOO_YOUNG'])
    expect(ask(published('2026-09-28T12:00:00Z'))).toStrictEqual([])
    expect(ask(published(OLD), { days: 60 })).toStrictEqual(['TOO_YOUNG'])
    expect(ask(published(YESTERDAY), { days: 1 })).toStrictEqual([])
    expect(ask(published(YESTERDAY), { days: 0 })).toStrictEqual([])
  })

  it('T-PP-12: does not let a registry date that was written back outvote the log', () => {
    expect(ask({ ...published(OLD), accepted: [attested({}, { at: YESTERDAY })] })).toStrictEqual(['TOO_YOUNG'])
  })

  it('does not let an attestation that lay in the log for long outvote the day of publishing', () => {
    expect(ask({ ...published(YESTERDAY), accepted: [attested({}, { at: OLD })] })).toStrictEqual(['TOO_YOUNG'])
  })

  it('counts the first time that a file was attested, and the youngest of several files', () => {
    const again = [attested({}, { at: OLD }), attested({}, { at: YESTERDAY })]
    expect(ask({ ...published(OLD), accepted: again })).toStrictEqual([])
    const wheels = [attested({}, { at: OLD, file: 'a.whl' }), attested({}, { at: YESTERDAY, file: 'b.whl' })]
    expect(ask({ ...published(OLD), accepted: wheels })).toStrictEqual(['TOO_YOUNG'])
    const files = [
      { digests: {}, publishedAt: OLD },
      { digests: {}, publishedAt: YESTERDAY },
    ]
    expect(ask({ registry: vouched({ publishedAt: OLD, files }) })).toStrictEqual(['TOO_YOUNG'])
  })

  it('takes a version from tomorrow for young', () => {
    expect(ask(published('2026-10-02T00:00:00Z'))).toStrictEqual(['TOO_YOUNG'])
  })

  it('reads the list of versions where nothing else says when', () => {
    const history = known([{ version: '1.2.3', publishedAt: YESTERDAY, claimsAttestations: false }])
    expect(gist(askRule('cooldown', subjectOf({ facts: factsOf({ history }) })))).toStrictEqual(['TOO_YOUNG'])
  })

  it('leaves alone what the policy excepts', () => {
    expect(ask(published(YESTERDAY), { except: ['pkg:npm/@acme/**'] })).toStrictEqual([])
    expect(ask(published(YESTERDAY), { except: ['pkg:npm/@acme/app@1.2.3'] })).toStrictEqual([])
    expect(ask(published(YESTERDAY), { except: ['pkg:npm/@acme/app@1.2.2'] })).toStrictEqual(['TOO_YOUNG'])
  })

  it('does not know where a registry stands behind a new entry and gives no time', () => {
    const askNew = (evidence: Partial<Evidence>) =>
      gist(askRule('cooldown', subjectOf({ evidence: evidenceOf(evidence), change: 'added' })))
    expect(askNew({})).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(askNew({ registry: { kind: 'unavailable', error: sourceError() } })).toStrictEqual([
      'SOURCE_UNREACHABLE unknown',
    ])
    expect(askNew(published('yesterday'))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(
      ask({ registry: { kind: 'not-vouched', message: 'no', record: recordOf({ publishedAt: YESTERDAY }) } }),
    ).toStrictEqual(['TOO_YOUNG'])
  })

  it('is quiet about an entry that did not change and whose time nobody was asked for', () => {
    expect(ask({})).toStrictEqual([])
    const failed = factsOf({ history: { kind: 'unknown', code: 'CONTEXT_UNKNOWN', message: 'gone' } })
    expect(gist(askRule('cooldown', subjectOf({ facts: failed })))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })

  it('is quiet about what no registry and no log knows', () => {
    const dependency = dependencyOf('workspace:packages/a')
    const evidence = evidenceOf({ registry: { kind: 'not-applicable' } })
    expect(gist(askRule('cooldown', subjectOf({ dependency, evidence })))).toStrictEqual([])
  })

  it('says how old it is, also of what is dated tomorrow', () => {
    const said = (publishedAt: string, setting = {}) =>
      askRule('cooldown', subjectOf({ evidence: evidenceOf(published(publishedAt)) }), setting)[0]?.message
    expect(said('2026-10-02T00:00:00Z')).toContain('is not yet a moment old')
    expect(said('2026-10-01T11:30:00Z')).toContain('is 0 hours old')
    expect(said('2026-09-29T13:00:00Z')).toContain('is 47 hours old')
    expect(said('2026-09-29T12:00:00Z')).toContain('is 2 days old')
  })

  it('does not know either of what changed, where nobody was asked for the list of versions', () => {
    for (const change of ['added', 'changed'] as const) {
      expect(gist(askRule('cooldown', subjectOf({ change })))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    }
    expect(gist(askRule('cooldown', subjectOf({ change: 'known' })))).toStrictEqual([])
  })
})

describe('cooldown, at its edges', () => {
  const ask = (more: Partial<Subject>, setting = {}) =>
    gist(askRule('cooldown', subjectOf({ change: 'added', ...more }), setting))

  it('is off at zero days, whatever is known', () => {
    expect(ask({ evidence: evidenceOf({ registry: vouched() }) }, { days: 0 })).toStrictEqual([])
    expect(
      ask({ evidence: evidenceOf({ registry: vouched({ publishedAt: '2027-01-01T00:00:00Z' }) }) }, { days: 0 }),
    ).toStrictEqual([])
  })

  it('asks for the age of nothing that nobody dates', () => {
    const none = { kind: 'not-applicable' } as const
    expect(ask({ evidence: evidenceOf({ registry: none }) })).toStrictEqual([])
    const undated = accepted(verified({}, undefined, { times: [] }))
    expect(ask({ evidence: evidenceOf({ registry: none, accepted: [undated] }) })).toStrictEqual([
      'CONTEXT_UNKNOWN unknown',
    ])
    expect(ask({ evidence: evidenceOf({ registry: vouched() }) })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })
})
