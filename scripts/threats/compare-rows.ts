/** A test that begins with the ids of the rows it is a case of. */
export interface Case {
  readonly file: string
  readonly line: number
  /** As it is written, with its ids. */
  readonly title: string
  readonly ids: readonly string[]
}

export interface Comparison {
  /** Neither a case nor a reason why there is none. */
  readonly withoutCase: readonly string[]
  /** Cases whose id is in no list, is listed as pending, or that ask something else than the built program. */
  readonly faults: readonly string[]
}

export interface Rows {
  readonly rows: Readonly<Record<string, string>>
  readonly pending: Readonly<Partial<Record<string, string>>>
}

/** What is wrong with rows and cases, seen from both sides. */
export function compareRows({ rows, pending }: Rows, cases: readonly Case[], faults: readonly string[]): Comparison {
  const covered = new Set(cases.flatMap(({ ids }) => ids))
  const unknown = cases.flatMap(({ file, line, ids }) =>
    ids.filter((id) => !Object.hasOwn(rows, id)).map((id) => `${file}:${line}: ${id} is no row`),
  )
  const both = Object.keys(pending).filter((id) => covered.has(id))
  return {
    withoutCase: Object.keys(rows).filter((id) => !covered.has(id) && pending[id] === undefined),
    faults: [
      ...faults,
      ...unknown,
      ...both.map((id) => `${id} is listed as pending and has a case`),
      ...Object.keys(pending).flatMap((id) => (Object.hasOwn(rows, id) ? [] : [`${id} is pending and no row`])),
    ],
  }
}
