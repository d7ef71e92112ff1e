import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { FIXTURES } from '../__tests__/support/fixtures.ts'
import { PENDING, ROWS } from '../__tests__/threats/rows.ts'
import { compareRows } from './threats/compare-rows.ts'
import { needsFixtures, readCases } from './threats/read-cases.ts'
import { type CaseResult, caseResults } from './threats/read-results.ts'

// `npm run threats` compares the list of threats with the tests: a row without a case, and a case without a row, are
// faults. `--results FILE` (vitest's JSON report) asks for more: that every case has run and passed. One may be left out, by name:
// a case that needs ../shared/fixtures, where they are not there.

const root = resolve(import.meta.dirname, '..')
const { values: options } = parseArgs({ options: { results: { type: 'string' } } })
const { cases, faults: unread } = readCases(root)
const { withoutCase, faults } = compareRows({ rows: ROWS, pending: PENDING }, cases, unread)
const rows = Object.entries<string>(ROWS)
const say = (line: string) => process.stdout.write(`${line}\n`)

const results = options.results === undefined ? [] : caseResults(readFileSync(options.results, 'utf8'), root, cases)
const left = results.filter(({ status }) => status !== 'passed')
const mayBeLeft = ({ what, status }: CaseResult) =>
  status === 'skipped' && !existsSync(FIXTURES) && needsFixtures(root, what.file)
const notRun = left.filter((one) => !mayBeLeft(one))

for (const [id, reason] of Object.entries(PENDING)) say(`pending       ${id}  ${reason}`)
for (const id of withoutCase) say(`without case  ${id}  ${ROWS[id as keyof typeof ROWS]}`)
for (const { what } of left.filter(mayBeLeft)) say(`no fixtures   ${what.file}:${what.line}: ${what.title}`)
for (const { what, status } of notRun) say(`${status.padEnd(12)}  ${what.file}:${what.line}: ${what.title}`)
for (const fault of faults) say(`fault         ${fault}`)

const pending = Object.keys(PENDING).length
const held = Object.values(PENDING).filter((reason) => reason.startsWith('not held:')).length
say(
  `${rows.length} rows: ${rows.length - withoutCase.length - pending} with a case, ${pending} pending (${held} not held), ${withoutCase.length} without; ${cases.length} titles`,
)
process.exitCode = withoutCase.length + faults.length + notRun.length === 0 ? 0 : 1
