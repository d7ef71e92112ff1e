import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compareRows } from '../../scripts/threats/compare-rows.ts'
import { judgeCases } from '../../scripts/threats/needed-checks.ts'
import { readCases, titlesOf } from '../../scripts/threats/read-cases.ts'
import { caseResults } from '../../scripts/threats/read-results.ts'
import { UNREMOVABLE } from '../../scripts/threats/unremovable.ts'
import { PENDING, ROWS } from './rows.ts'

const ROOT = resolve(import.meta.dirname, '../..')

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

describe('the cases', () => {
  const { cases, faults } = readCases(ROOT)
  const found = compareRows({ rows: ROWS, pending: PENDING }, cases, faults)

  it('are there for every row that waits for nothing', () => {
    expect(found.withoutCase).toStrictEqual([])
  })

  it('belong to a row each, ask the built program, and leave nothing out', () => {
    expect(found.faults).toStrictEqual([])
    expect(cases.length).toBeGreaterThan(130)
  })
})

describe('the page of what each case needs', () => {
  const page = readFileSync(join(ROOT, 'docs/threat-cases.md'), 'utf8')
  const { cases: own } = readCases(ROOT)

  it('has every case that a check turns red', () => {
    const lineOf = (text: string) => `- \`${text.slice(text.indexOf(': ') + 2).replaceAll('`', "'")}\`: `
    expect(own.filter((one) => !page.includes(lineOf(one.title))).map((one) => one.title)).toStrictEqual(
      Object.keys(UNREMOVABLE),
    )
  })

  it('has each row under its id', () => {
    const rows = [...page.matchAll(/^### (T-[A-Z]{2}-\d{2})$/gm)].map(([, id]) => id)
    const wanted = new Set(own.filter((one) => !(one.title in UNREMOVABLE)).flatMap(({ ids }) => ids))
    expect(rows).toStrictEqual(Object.keys(ROWS).filter((id) => wanted.has(id)))
  })

  it('fails for a case that needs nothing, and for an explanation of one that does', () => {
    const what = { file: 'a.test.ts', line: 3, title: `T-AA-01${':'} refuses %s`, ids: ['T-AA-01'] }
    const check = { id: 7, key: 'src/a.ts f guard: no', file: 'src/a.ts', line: 1 }
    const judged = (needs: [string, number][], why: Readonly<Record<string, string>> = {}, red: string[] = []) =>
      judgeCases([what], [check], { needs: new Map(needs), red }, why).complaints
    const run = `a.test.ts > a room > T-AA-01${':'} refuses it`
    expect(judged([[run, 7]])).toStrictEqual([])
    expect(judged([[run.replace('a.test', 'b.test'), 7]])).toStrictEqual([`needs no check: a.test.ts:3: ${what.title}`])
    expect(judged([], { [what.title]: 'nothing to remove' })).toStrictEqual([])
    expect(judged([[run, 7]], { [what.title]: 'nothing to remove' })).toStrictEqual([
      `explained, and yet it needs ${check.key}: ${what.title}`,
    ])
    expect(judged([[run, 7]], {}, [run])).toStrictEqual([`fails with every check on, so it says nothing: ${run}`])
  })
})

describe('the comparison', () => {
  const rows = { 'T-AA-01': 'one', 'T-AA-02': 'two' }
  const one = { file: 'a.test.ts', line: 3, title: `T-AA-01${':'} refuses it`, ids: ['T-AA-01'] }

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
    expect(titlesOf(`\n${title('T-AA-01, T-BB-02')}`)).toStrictEqual([
      { line: 2, title: `T-AA-01, T-BB-02${':'} refuses it`, ids: ['T-AA-01', 'T-BB-02'] },
    ])
    const [quoted] = titlesOf(String.raw`it('T-AA-01${':'} isn\'t "it"')`)
    expect(quoted?.title).toBe(`T-AA-01${':'} isn't "it"`)
    expect(titlesOf("it('refuses it (T-AA-01)')")).toStrictEqual([])
    expect(titlesOf("const text = 'T-AA-01'")).toStrictEqual([])
  })

  describe('with a report', () => {
    const statusOf = (tests: readonly (readonly [title: string, status: string])[], what = one, name = 'a.test.ts') => {
      const assertionResults = tests.map(([text, status]) => ({ status, title: text, ancestorTitles: ['a room'] }))
      const report = JSON.stringify({ testResults: [{ name: `/repo/${name}`, assertionResults }] })
      return caseResults(report, '/repo', [what]).map(({ status }) => status)
    }

    it('believes a case only where the very test of its file ran and passed', () => {
      expect(statusOf([[one.title, 'passed']])).toStrictEqual(['passed'])
      expect(statusOf([[one.title, 'failed']])).toStrictEqual(['failed'])
      for (const status of ['skipped', 'pending', 'todo']) {
        expect(statusOf([[one.title, status]])).toStrictEqual(['skipped'])
      }
      expect(statusOf([])).toStrictEqual(['missing'])
      expect(statusOf([[`${one.title} as well`, 'passed']])).toStrictEqual(['missing'])
      expect(statusOf([[one.title, 'passed']], one, 'b.test.ts')).toStrictEqual(['missing'])
    })

    it('asks every test that a title of a table stands for', () => {
      const table = { ...one, title: `T-AA-01${':'} refuses %s` }
      const shown = (text: string, status: string) => [`T-AA-01${':'} refuses ${text}`, status] as const
      expect(statusOf([shown('a', 'passed'), shown('b', 'passed')], table)).toStrictEqual(['passed'])
      expect(statusOf([shown('a', 'passed'), shown('b', 'skipped')], table)).toStrictEqual(['skipped'])
      expect(statusOf([shown('a', 'passed'), shown('b', 'failed')], table)).toStrictEqual(['failed'])
    })
  })
})
