import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PENDING, ROWS } from '../__tests__/threats/rows.ts'
import { compareRows } from './threats/compare-rows.ts'
import { readCases } from './threats/read-cases.ts'
import { passedIds } from './threats/read-results.ts'

// `npm run threats` compares the list of threats with the tests: a row without a case, and a case without a row, are
// faults. `--results FILE` (vitest's JSON report) asks for more: that a case of each row has run and passed.

const root = resolve(import.meta.dirname, '..')
const { values: options } = parseArgs({ options: { results: { type: 'string' } } })
const { cases, faults: unread } = readCases(root)
const { withoutCase, faults } = compareRows({ rows: ROWS, pending: PENDING }, cases, unread)
const rows = Object.entries<string>(ROWS)
const say = (line: string) => process.stdout.write(`${line}\n`)

const passed = options.results === undefined ? undefined : passedIds(readFileSync(options.results, 'utf8'))
const notRun = cases.flatMap(({ ids }) => ids).filter((id) => passed !== undefined && !passed.has(id))

for (const [id, reason] of Object.entries(PENDING)) say(`pending       ${id}  ${reason}`)
for (const id of withoutCase) say(`without case  ${id}  ${ROWS[id as keyof typeof ROWS]}`)
for (const id of new Set(notRun)) say(`did not pass  ${id}`)
for (const fault of faults) say(`fault         ${fault}`)

const pending = Object.keys(PENDING).length
const held = Object.values(PENDING).filter((reason) => reason.startsWith('not held:')).length
say(
  `${rows.length} rows: ${rows.length - withoutCase.length - pending} with a case, ${pending} pending (${held} not held), ${withoutCase.length} without; ${cases.length} titles`,
)
process.exitCode = withoutCase.length + faults.length + notRun.length === 0 ? 0 : 1
