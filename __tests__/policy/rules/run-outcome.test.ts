import { describe, expect, it } from 'vitest'
import type { RegistryRecord } from '../../../src/model/evidence.ts'
import type { RunFact } from '../../../src/model/facts.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  accepted,
  askRule,
  attested,
  evidenceOf,
  gist,
  jobOf,
  known,
  lockOf,
  messageOf,
  recordOf,
  runOf,
  signedSubject,
  signerWith,
  sourceError,
  sourceOf,
  stepOf,
  subjectOf,
  unknown,
  verified,
  vouched,
} from '../../support/subjects.ts'

const ask = (run: Partial<RunFact>, more: Partial<Subject> = {}) =>
  gist(askRule('run-outcome', signedSubject([attested()], { facts: sourceOf({ run: known(runOf(run)) }), ...more })))
const before = ['2026-08-31T23:00:00Z', '2026-08-31T23:30:00Z'] as const

describe('run-outcome (R6)', () => {
  it('is quiet where a step that succeeded covers the time of signing', () => {
    expect(ask({})).toStrictEqual([])
    expect(gist(askRule('run-outcome', signedSubject([attested()])))).toStrictEqual([])
  })

  it('T-PP-21: fires where the step of that time failed and the publishing step was skipped (TanStack)', () => {
    const steps = [
      stepOf('Install', 'success', ...before),
      stepOf('Test', 'failure'),
      { name: 'Publish Packages', conclusion: 'skipped' },
    ]
    const run = { conclusion: 'failure', jobs: [jobOf(steps, 'failure')] }
    expect(ask(run)).toStrictEqual(['RUN_FAILED context invalid'])
    expect(ask(run, { lock: lockOf() })).toStrictEqual(['RUN_FAILED context changed'])
  })

  it.each(['failure', 'skipped', 'cancelled', 'neutral', '', 'SUCCESS'])('takes %j for no success', (conclusion) => {
    expect(ask({ jobs: [jobOf([stepOf('Publish', conclusion)])] })).toStrictEqual(['RUN_FAILED context invalid'])
  })

  it('does not take a job that succeeded for its steps, nor a step of another time', () => {
    expect(ask({ jobs: [jobOf([stepOf('Publish', 'success', ...before)], 'success')] })).toStrictEqual([
      'RUN_FAILED context invalid',
    ])
  })

  it('forgives the clocks two seconds and no more', () => {
    const ended = (at: string) => ({ jobs: [jobOf([stepOf('Publish', 'success', before[0], at)])] })
    expect(ask(ended('2026-08-31T23:59:58Z'))).toStrictEqual([])
    expect(ask(ended('2026-08-31T23:59:57Z'))).toStrictEqual(['RUN_FAILED context invalid'])
  })

  it('finds a run unusual that failed after its publishing step', () => {
    expect(ask({ conclusion: 'failure' })).toStrictEqual(['RUN_FAILED_LATER unusual'])
  })

  it('T-PP-21: does not know while the run goes on, when it is gone or when the quota is used up', () => {
    const at = (code: Parameters<typeof unknown>[0]) =>
      gist(askRule('run-outcome', signedSubject([attested()], { facts: sourceOf({ run: unknown(code) }) })))
    expect(at('RUN_IN_PROGRESS')).toStrictEqual(['RUN_IN_PROGRESS unknown'])
    expect(at('CONTEXT_UNKNOWN')).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(at('NOT_ASKED_BUDGET')).toStrictEqual(['NOT_ASKED_BUDGET unknown'])
    expect(at('RUN_OUTCOME_EXPIRED')).toStrictEqual(['RUN_OUTCOME_EXPIRED unknown note'])
    expect(at('NOT_ASKED')).toStrictEqual([])
  })

  it('does not know where the run lists no steps with times', () => {
    expect(ask({ jobs: [] })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask({ jobs: [jobOf([{ name: 'Publish', conclusion: 'success' }])] })).toStrictEqual([
      'CONTEXT_UNKNOWN unknown',
    ])
    const elsewhere = jobOf([stepOf('Lint', 'success', ...before)])
    expect(ask({ jobs: [elsewhere, jobOf([])] })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask({ jobs: [elsewhere, jobOf([], 'failure')] })).toStrictEqual(['RUN_FAILED context invalid'])
  })

  it('takes the time of the registry where no log gives one, and does not know without either', () => {
    const bare = accepted(verified({}, signerWith(), { times: [] }))
    const facts = sourceOf({ run: known(runOf()) })
    const at = (publishedAt?: string) =>
      gist(
        askRule(
          'run-outcome',
          signedSubject([bare], {
            facts,
            evidence: evidenceOf({ accepted: [bare], registry: vouched({ publishedAt }) }),
          }),
        ),
      )
    expect(at('2026-09-01T00:01:00Z')).toStrictEqual([])
    expect(at('2026-09-02T00:00:00Z')).toStrictEqual(['RUN_FAILED context invalid'])
    expect(at()).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })

  it('does not take a job without steps for the one, where it ran at another time', () => {
    const lint = jobOf([stepOf('Lint', 'success', ...before)])
    const early = { ...jobOf([]), startedAt: before[0], completedAt: before[1] }
    expect(ask({ jobs: [lint, early] })).toStrictEqual(['RUN_FAILED context invalid'])
  })

  it('counts no step that began after it was signed, beyond what clocks differ', () => {
    const began = (at: string) => ({ jobs: [jobOf([stepOf('Publish', 'success', at, '2026-09-01T00:05:00Z')])] })
    expect(ask(began('2026-09-01T00:00:02Z'))).toStrictEqual([])
    expect(ask(began('2026-09-01T00:00:03Z'))).toStrictEqual(['RUN_FAILED context invalid'])
  })

  it('counts no step whose beginning or end is not known', () => {
    const { completedAt: _, ...running } = stepOf('Publish', 'success')
    const { startedAt: __, ...ended } = stepOf('Publish', 'success')
    for (const step of [running, ended]) {
      expect(ask({ jobs: [jobOf([step])] })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    }
  })

  it('names the steps that were skipped, and no others', () => {
    const steps = [stepOf('Test', 'failure'), { name: 'Publish Packages', conclusion: 'skipped' }]
    const facts = sourceOf({ run: known(runOf({ conclusion: 'failure', jobs: [jobOf(steps, 'failure')] })) })
    const [objection] = askRule('run-outcome', signedSubject([attested()], { facts }))
    expect(objection?.message).toMatch(/but "Test" \("failure"\); skipped: "Publish Packages"$/)
  })

  it('reads the times that are ones, and that of the very file', () => {
    const facts = sourceOf({ run: known(runOf()) })
    const unread = accepted(verified({}, signerWith(), { times: ['soon', '2026-09-01T00:00:00Z'] }))
    expect(gist(askRule('run-outcome', signedSubject([unread], { facts })))).toStrictEqual([])
    const during = '2026-09-01T00:01:00Z'
    const later = '2026-09-02T00:00:00Z'
    const at = (file: string | undefined, publishedAt: string, ...files: RegistryRecord['files']) => {
      const bare = accepted(verified({}, signerWith(), { times: [] }), file === undefined ? {} : { file })
      const evidence = evidenceOf({ accepted: [bare], registry: vouched({ publishedAt, files }) })
      return gist(askRule('run-outcome', signedSubject([bare], { facts, evidence })))
    }
    const wheel = { name: 'a.whl', digests: {}, publishedAt: later }
    const sdist = { name: 'a.tar.gz', digests: {}, publishedAt: during }
    expect(at('a.tar.gz', later, wheel, sdist)).toStrictEqual([])
    expect(at('a.whl', during, sdist, wheel)).toStrictEqual(['RUN_FAILED context invalid'])
    // A file that has no name is not the one of an attestation that names none.
    expect(at(undefined, during, { digests: {}, publishedAt: later })).toStrictEqual([])
  })
})

describe('run-outcome, at its edges', () => {
  const ask = (times: readonly string[], more: Partial<Subject> = {}) =>
    gist(
      askRule(
        'run-outcome',
        subjectOf({
          facts: sourceOf({ run: known(runOf({ jobs: [jobOf([stepOf('Publish', 'success')])] })) }),
          ...more,
          evidence: evidenceOf({
            accepted: [accepted(verified({}, undefined, { times }), { file: 'a.whl' })],
            ...more.evidence,
          }),
        }),
      ),
    )
  const saying = (registry: Subject['evidence']['registry']) => ({ evidence: { registry } as Subject['evidence'] })
  const DURING = '2026-09-01T00:00:00Z'
  const LATER = '2026-09-02T00:00:00Z'

  it('counts the first time that was signed', () => {
    expect(ask([DURING, LATER])).toStrictEqual([])
    expect(ask([LATER])).toStrictEqual(['RUN_FAILED context invalid'])
  })

  it('asks the registry where nothing was signed with a time', () => {
    expect(ask([], saying({ kind: 'unavailable', error: sourceError() }))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask([], saying(vouched()))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask([], saying(vouched({ publishedAt: DURING })))).toStrictEqual([])
    const files = (name: string) =>
      saying({
        kind: 'vouched',
        basis: 'index',
        record: recordOf({ publishedAt: LATER, files: [{ name, digests: {}, publishedAt: DURING }] }),
      })
    expect(ask([], files('a.whl'))).toStrictEqual([])
    expect(ask([], files('b.whl'))).toStrictEqual(['RUN_FAILED context invalid'])
  })
})

describe('run-outcome names the steps', () => {
  const about = (jobs: ReturnType<typeof jobOf>[]) =>
    messageOf(
      'run-outcome',
      signedSubject([attested()], { facts: sourceOf({ run: known(runOf({ jobs, conclusion: 'failure' })) }) }),
    )
  const early = ['2026-08-31T20:00:00Z', '2026-08-31T20:01:00Z'] as const

  it('that were running, and at most three that were skipped', () => {
    const text = about([
      jobOf([
        stepOf('Test', 'failure'),
        stepOf('Lint', 'cancelled'),
        ...['a', 'b', 'c', 'd'].map((name) => stepOf(name, 'skipped', ...early)),
      ]),
    ])
    expect(text).toMatch(/running, but "Test" \("failure"\), "Lint" \("cancelled"\); skipped: "a", "b", "c"$/)
  })

  it('that were not running', () => {
    expect(about([jobOf([stepOf('Test', 'success', ...early)])])).toMatch(/running, but no step at all$/)
  })
})
