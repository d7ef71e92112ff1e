import { describe, expect, it } from 'vitest'
import { compareRows } from '../../scripts/threats/compare-rows.ts'
import { titlesOf } from '../../scripts/threats/read-cases.ts'
import { passedIds } from '../../scripts/threats/read-results.ts'
import { PENDING, ROWS } from './rows.ts'

/** As a title begins; put together, so that this file has no case of its own. */
const title = (ids: string) => `it('${ids}${':'} refuses it')`

describe('the list of threats', () => {
  it('has 139 rows, numbered without a gap in each group', () => {
    const ids = Object.keys(ROWS)
    expect(ids).toHaveLength(139)
    const groups = Map.groupBy(ids, (id) => id.slice(0, 4))
    for (const [group, members] of groups) {
      expect(members).toStrictEqual(members.map((_, index) => `${group}-${String(index + 1).padStart(2, '0')}`))
    }
  })

  it('gives each pending row a reason in words', () => {
    for (const reason of Object.values(PENDING)) expect(reason).toMatch(/^(?:waits for|not held:) .{10,}/)
  })
})

describe('the comparison', () => {
  const rows = { 'T-AA-01': 'one', 'T-AA-02': 'two' }
  const one = { file: 'a.test.ts', line: 3, ids: ['T-AA-01'] }

  it('names a row that has neither case nor reason', () => {
    expect(compareRows({ rows, pending: {} }, [one], [])).toStrictEqual({ withoutCase: ['T-AA-02'], faults: [] })
  })

  it('names a case that is no row, and a pending row that has a case', () => {
    const stray = { ...one, ids: ['T-AA-01', 'T-AA-09'] }
    const pending = { 'T-AA-01': 'waits for something', 'T-AA-02': 'waits for something', 'T-AA-08': 'waits for it' }
    expect(compareRows({ rows, pending }, [stray], []).faults).toStrictEqual([
      'a.test.ts:3: T-AA-09 is no row',
      'T-AA-01 is listed as pending and has a case',
      'T-AA-08 is pending and no row',
    ])
  })

  it('reads the ids that a title begins with, and none that it mentions', () => {
    expect(titlesOf(`\n${title('T-AA-01, T-BB-02')}`)).toStrictEqual([{ line: 2, ids: ['T-AA-01', 'T-BB-02'] }])
    expect(titlesOf("it('refuses it (T-AA-01)')")).toStrictEqual([])
    expect(titlesOf("const text = 'T-AA-01'")).toStrictEqual([])
  })

  it('believes a report only where a case passed', () => {
    const report = (status: string) =>
      JSON.stringify({
        testResults: [{ assertionResults: [{ status, title: 'x', ancestorTitles: [`T-AA-01${':'} y`] }] }],
      })
    expect([...passedIds(report('passed'))]).toStrictEqual(['T-AA-01'])
    expect([...passedIds(report('skipped'))]).toStrictEqual([])
  })
})
