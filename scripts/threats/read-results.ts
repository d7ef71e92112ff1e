import { relative } from 'node:path'
import type { Case } from './compare-rows.ts'

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly title: string
      readonly ancestorTitles: readonly string[]
    }[]
  }[]
}

/** How one case came out: `missing` where no test of that title was run, which is what a filtered or broken run leaves. */
export interface CaseResult {
  readonly what: Case
  readonly status: 'passed' | 'failed' | 'skipped' | 'missing'
}

/**
 * What a test run says of each case: found by its file and title, since a test of a part elsewhere may begin with the same
 * id and prove less. A title stands for several tests in `it.each` and `describe`: they all have to pass.
 *
 * @param json vitest's report of the run
 */
export function caseResults(json: string, root: string, cases: readonly Case[]): readonly CaseResult[] {
  // Written by vitest in the same run; a report of another shape fails below rather than passing for an empty one.
  const { testResults } = JSON.parse(json) as Report
  const byFile = new Map(testResults.map(({ name, assertionResults }) => [relative(root, name), assertionResults]))
  return cases.map((what) => {
    const tests = (byFile.get(what.file) ?? []).filter(({ title, ancestorTitles }) =>
      [...ancestorTitles, title].some((one) => isTitle(what.title, one)),
    )
    const statuses = new Set(tests.map(({ status }) => status))
    if (statuses.size === 0) return { what, status: 'missing' }
    if (statuses.has('failed')) return { what, status: 'failed' }
    return { what, status: statuses.size === 1 && statuses.has('passed') ? 'passed' : 'skipped' }
  })
}

/** In a table vitest puts values in place of `%s` and `$name`: what stands before the first of them is the same. */
export function isTitle(written: string, shown: string): boolean {
  const fixed = /^[^%$]*/.exec(written)?.[0] ?? ''
  return fixed === written ? shown === written : shown.startsWith(fixed)
}
