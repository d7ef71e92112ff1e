import { describe, expect, it } from 'vitest'
import type { RegistryRecord } from '../../src/model/evidence.ts'
import { type DependencyFacts, NO_FACTS, type VersionFact } from '../../src/model/facts.ts'
import { publishTime } from '../../src/policy/publish-time.ts'
import { accepted, dependencyOf, evidenceOf, RECORD, subjectOf, verified } from './support.ts'

const day = (number: number) => `2026-09-0${number}T00:00:00Z`
const logged = (times: readonly string[], file?: string) => accepted(verified({}, undefined, { times }), { file })
const known = <T>(value: T) => ({ kind: 'known' as const, value, observedAt: day(9), from: 'api' as const })
const version = (name: string, publishedAt?: string): VersionFact => ({
  version: name,
  publishedAt,
  claimsAttestations: false,
})

interface Said {
  readonly logged?: readonly ReturnType<typeof logged>[]
  readonly record?: Partial<RegistryRecord>
  readonly facts?: Partial<DependencyFacts>
  readonly id?: string
}

function timeOf({ logged: attestations = [], record, facts, id = 'pkg:npm/app@1.2.3' }: Said) {
  const said = publishTime(
    subjectOf({
      dependency: dependencyOf(id),
      evidence: evidenceOf({
        accepted: attestations,
        registry:
          record === undefined
            ? { kind: 'unavailable', error: { source: 'npm', fault: 'unreachable', message: 'gone' } }
            : { kind: 'vouched', basis: 'signature', record: { ...RECORD, ...record } },
      }),
      facts: { ...NO_FACTS, ...facts },
    }),
  )
  return said && [said.at.toISOString().slice(0, 10), said.basis]
}

const model = { revision: 'a'.repeat(40), files: [], signed: false }

describe('when a version came into the world', () => {
  it.for<[string, Said, readonly [string, 'log' | 'registry'] | undefined]>([
    ['nobody says', {}, undefined],
    ['nobody says it readably', { logged: [logged(['soon'])], record: { publishedAt: 'later' } }, undefined],
    ['the log says', { logged: [logged([day(3)])] }, ['2026-09-03', 'log']],
    ['the registry says', { record: { publishedAt: day(4) } }, ['2026-09-04', 'registry']],
    ['the first of several signed times counts', { logged: [logged([day(5), day(3), day(4)])] }, ['2026-09-03', 'log']],
    ['one unreadable time takes nothing from the other', { logged: [logged(['?', day(3)])] }, ['2026-09-03', 'log']],
    [
      'of two attestations of one file the first counts',
      { logged: [logged([day(5)]), logged([day(3)])] },
      ['2026-09-03', 'log'],
    ],
    [
      'a file that was added later makes the release young again',
      { logged: [logged([day(3)], 'a.whl'), logged([day(6)], 'b.whl')] },
      ['2026-09-06', 'log'],
    ],
    [
      'the registry is later: attestations can lie in the log for days',
      { logged: [logged([day(3)])], record: { publishedAt: day(5) } },
      ['2026-09-05', 'registry'],
    ],
    [
      'the log is later: a registry can say any time',
      { logged: [logged([day(6)])], record: { publishedAt: day(5) } },
      ['2026-09-06', 'log'],
    ],
    [
      'both say the same: the signed one is named',
      { logged: [logged([day(5)])], record: { publishedAt: day(5) } },
      ['2026-09-05', 'log'],
    ],
    [
      'the latest file of the record counts',
      {
        record: {
          publishedAt: day(2),
          files: [{ digests: {}, publishedAt: day(4) }, { digests: {}, publishedAt: day(3) }, { digests: {} }],
        },
      },
      ['2026-09-04', 'registry'],
    ],
    [
      'in the history only this version counts',
      { facts: { history: known([version('1.2.2', day(1)), version('1.2.3', day(3)), version('1.3.0', day(8))]) } },
      ['2026-09-03', 'registry'],
    ],
    [
      'the history has no time of it',
      { facts: { history: known([version('1.2.3'), version('1.3.0', day(8))]) } },
      undefined,
    ],
    [
      'a model is as old as its repository',
      { facts: { model: known({ ...model, createdAt: day(2) }) }, id: 'pkg:huggingface/acme/m@1' },
      ['2026-09-02', 'registry'],
    ],
    [
      'a model is as young as its revision',
      { facts: { model: known({ ...model, createdAt: day(2), modifiedAt: day(7) }) } },
      ['2026-09-07', 'registry'],
    ],
    [
      'a model is no older than its repository, whatever its revision says',
      { facts: { model: known({ ...model, createdAt: day(2), modifiedAt: day(1) }) } },
      ['2026-09-02', 'registry'],
    ],
  ])('%s', ([, said, time]) => {
    expect(timeOf(said)).toStrictEqual(time)
  })
})
