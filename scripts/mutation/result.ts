import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileResult, MutationTestResult, Position } from 'mutation-testing-report-schema/api'
import type { Outcome } from '../switch-off/run-tests.ts'
import type { Explained } from './explained/explained.ts'
import { type Mutant, ROOMS } from './load-mutants.ts'

/** Of a room's mutants, at least this share has to be killed, in percent. */
export const LEAST = 85

/** What became of each mutant. */
export interface Tried {
  readonly mutants: readonly Mutant[]
  readonly outcome: Outcome
  readonly explained: readonly Explained[]
}

export interface Result {
  /** What fails the script, a line each. */
  readonly complaints: readonly string[]
  readonly closing: string
}

export function judge({ mutants, outcome: { caught, red }, explained }: Tried): Result {
  const byKey = new Map(mutants.map((mutant) => [mutant.key, mutant]))
  const reasons = reasonsByKey(explained)
  const survived = mutants.filter(({ id }) => !caught.has(id))
  const open = survived.filter(({ key }) => !reasons.has(key))
  const low = countRooms(mutants, caught).filter(({ score }) => score < LEAST)
  return {
    complaints: [
      ...open.map(({ key, line }) => `survived, line ${line}: ${key}`),
      ...[...reasons.keys()].flatMap((key) => {
        const mutant = byKey.get(key)
        const by = mutant === undefined ? undefined : caught.get(mutant.id)
        // A busy machine makes what takes long look like what never ends.
        return by === undefined || isTimeout(by) ? [] : [`explained, and yet it is killed by ${by}: ${key}`]
      }),
      ...[...new Set(red)].map((test) => `fails without any change, so it says nothing: ${test}`),
      ...low.map(({ folder, score }) => `${folder}: ${score.toFixed(1)} %, less than ${LEAST} %`),
    ],
    closing:
      `${mutants.length} mutants, ${caught.size} killed (${percent(caught.size, mutants.length).toFixed(1)} %), ` +
      `${survived.length - open.length} explained, ${open.length} survived`,
  }
}

/** Explanations whose mutant is gone: the source has changed. */
export function staleKeys(mutants: readonly Mutant[], explained: readonly Explained[]): readonly string[] {
  const keys = new Set(mutants.map(({ key }) => key))
  return [...reasonsByKey(explained).keys()].filter((key) => !keys.has(key))
}

/** The document that `--json` writes: Stryker's own format, which its viewers show. */
export function toReport(root: string, { mutants, outcome: { caught }, explained }: Tried): string {
  const reasons = reasonsByKey(explained)
  const files = [...Map.groupBy(mutants, ({ file }) => file)].map(([file, own]): [string, FileResult] => [
    file,
    {
      language: 'typescript',
      source: readFileSync(join(root, file), 'utf8'),
      mutants: own.map(({ id, key, found }) => ({
        id: String(id),
        mutatorName: found.mutatorName,
        replacement: found.replacement,
        location: { start: oneBased(found.location.start), end: oneBased(found.location.end) },
        ...toStatus(caught.get(id), reasons.get(key)),
      })),
    },
  ])
  const report: MutationTestResult = {
    schemaVersion: '2',
    thresholds: { high: 95, low: LEAST },
    files: Object.fromEntries(files),
  }
  return `${JSON.stringify(report)}\n`
}

function toStatus(by: string | undefined, why: string | undefined) {
  if (by === undefined) return { status: 'Survived' as const, ...(why === undefined ? {} : { statusReason: why }) }
  return { status: isTimeout(by) ? ('Timeout' as const) : ('Killed' as const), statusReason: by }
}

const isTimeout = (by: string): boolean => by.includes('does not end')

const oneBased = ({ line, column }: Position): Position => ({ line: line + 1, column: column + 1 })

/** The page of one room, `docs/mutation/ROOM.md`. */
export function toPage({ mutants, outcome: { caught }, explained }: Tried, room: string, near: boolean): string {
  const reasons = reasonsByKey(explained)
  const own = mutants.filter(({ file }) => file.startsWith(`src/${room}/`))
  const survived = own.filter(({ id }) => !caught.has(id))
  const killed = own.length - survived.length
  const open = survived.filter(({ key }) => !reasons.has(key)).length
  const byFile = [...Map.groupBy(survived, ({ file }) => file)].sort(([a], [b]) => (a < b ? -1 : 1))
  const list = byFile.flatMap(([file, own]) => {
    const byWhy = Map.groupBy(own, ({ key }) => reasons.get(key) ?? OPEN)
    return [
      `### \`${file}\``,
      '',
      ...[...byWhy].flatMap(([why, some]) => [
        `${why}`,
        '',
        ...some.map(({ key }) => `- \`${key.slice(file.length + 1).replaceAll('`', 'ˋ')}\``),
        '',
      ]),
    ]
  })
  const score = percent(killed, own.length).toFixed(1)
  return `${[
    `# Mutants of \`src/${room}\``,
    '',
    `Written by \`npm run mutation -- --write${near ? ' --near' : ''}\`: [what that is](../../CONTRIBUTING.md#mutants).`,
    ...(near ? ['Only the tests of this room were asked; those of other rooms kill some of the survivors.'] : []),
    '',
    '| mutants | killed | score | survived, explained | survived, open |',
    '|---|---|---|---|---|',
    `| ${own.length} | ${killed} | ${score} % | ${survived.length - open} | ${open} |`,
    '',
    '## Survivors',
    '',
    ...list,
  ]
    .join('\n')
    .trimEnd()}\n`
}

const OPEN = 'Not explained: a test is missing.'

function countRooms(mutants: readonly Mutant[], caught: ReadonlyMap<number, string>) {
  return Object.values(ROOMS).flatMap((glob) => {
    const folder = glob.replace('/**', '')
    const own = mutants.filter(({ file }) => file.startsWith(`${folder}/`))
    const killed = own.filter(({ id }) => caught.has(id)).length
    return own.length === 0 ? [] : [{ folder, own, killed, score: percent(killed, own.length) }]
  })
}

const percent = (part: number, whole: number): number => (100 * part) / whole

function reasonsByKey(explained: readonly Explained[]): ReadonlyMap<string, string> {
  return new Map(explained.flatMap(({ why, keys }) => keys.map((key) => [key, why] as const)))
}
