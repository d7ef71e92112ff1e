import type { Check } from './check.ts'
import type { Explained } from './explained.ts'
import { ROOMS } from './load-checks.ts'
import type { Outcome } from './run-tests.ts'

export interface Result {
  /** What fails the script, a line each. */
  readonly complaints: readonly string[]
  readonly closing: string
}

/** @param whole all rooms were looked at: then an explanation for a file that is gone is noticed too */
export function judge(
  checks: readonly Check[],
  { caught, red }: Outcome,
  explained: readonly Explained[],
  files: ReadonlySet<string>,
  whole: boolean,
): Result {
  const byKey = new Map(checks.map((check) => [check.key, check]))
  const known = new Set(explained.map(({ key }) => key))
  const survived = checks.filter(({ id, key }) => !caught.has(id) && !known.has(key))
  const complaints = [
    ...survived.map(({ key, line }) => `survived, line ${line}: ${key}`),
    ...explained.flatMap(({ key }) => {
      const check = byKey.get(key)
      if (check === undefined) {
        return whole || files.has(key.split(' ')[0] ?? '') ? [`explained, and it is not there any more: ${key}`] : []
      }
      const by = caught.get(check.id)
      return by === undefined ? [] : [`explained, and yet it is caught by ${by}: ${key}`]
    }),
    ...[...new Set(red)].map((test) => `fails with every check on, so it says nothing: ${test}`),
  ]
  const inVain = checks.length - caught.size - survived.length
  return {
    complaints,
    closing: `${checks.length} switched off, ${caught.size} caught, ${survived.length} survived, ${inVain} explained`,
  }
}

export function toDocument(checks: readonly Check[], { caught }: Outcome, explained: readonly Explained[]): string {
  const why = new Map(explained.map((one) => [one.key, one.why]))
  const rows = checks.map(({ id, key, file, line, kind }) => {
    const by = caught.get(id)
    return {
      key,
      file,
      line,
      kind,
      ...(by === undefined ? { survived: true, explained: why.get(key) } : { caught: by }),
    }
  })
  return `${JSON.stringify({ checks: rows }, null, 2)}\n`
}

/** The page `docs/switch-off.md`. */
export function toPage(checks: readonly Check[], { caught }: Outcome, explained: readonly Explained[]): string {
  const rooms = Object.entries(ROOMS).map(([name, glob]) => {
    const own = checks.filter(({ file }) => file.startsWith(glob.replace('**', '')))
    return { name: glob.replace('/**', ''), room: name, own }
  })
  const folders = rooms.map(({ name, own }) => {
    const found = own.filter(({ id }) => caught.has(id)).length
    return `| \`${name}\` | ${own.length} | ${found} | ${own.length - found} |`
  })
  const byFile = Map.groupBy(explained, ({ key }) => key.split(' ')[0] ?? '')
  const reasons = [...byFile].flatMap(([file, rows]) => [
    `### \`${file}\``,
    '',
    ...rows.map(({ key, why }) => `- \`${key.slice(file.length + 1).replaceAll('`', "'")}\`: ${why}`),
    '',
  ])
  return `${[
    '# Switching checks off',
    '',
    'Written by `npm run switch-off -- --write`: every single check was switched off, one at a time, and the tests ran.',
    '*Caught*: at least one test that needs nothing built went red. [CONTRIBUTING](../CONTRIBUTING.md#switching-checks-off)',
    'says what counts as a check.',
    '',
    '| folder | checks | caught | explained |',
    '|---|---|---|---|',
    ...folders,
    '',
    '## Explained',
    '',
    'Nothing can go red here, and each row says why. The script fails when one of them is caught after all.',
    '',
    ...reasons,
  ]
    .join('\n')
    .trimEnd()}\n`
}
