import { titlesOf } from './read-cases.ts'

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string
      readonly title: string
      readonly ancestorTitles: readonly string[]
    }[]
  }[]
}

/** Ids of rows of which at least one case ran and passed; skipped is not passed. */
export function passedIds(json: string): ReadonlySet<string> {
  // Written by vitest in the same run; a report of another shape fails below rather than passing for an empty one.
  const { testResults } = JSON.parse(json) as Report
  const passed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed')
  const titles = passed.flatMap(({ title, ancestorTitles }) => [...ancestorTitles, title])
  return new Set(titles.flatMap((title) => titlesOf(`'${title}`)).flatMap(({ ids }) => ids))
}
