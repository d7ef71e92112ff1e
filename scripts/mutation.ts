import { writeFileSync } from 'node:fs'
import { join, matchesGlob, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EXPLAINED } from './mutation/explained/index.ts'
import { loadMutants, ROOMS } from './mutation/load-mutants.ts'
import { judge, LEAST, toPage, toReport } from './mutation/result.ts'
import { runAll } from './switch-off/run-tests.ts'
import { makeScratchCopy } from './switch-off/scratch-copy.ts'
import { testFiles } from './switch-off/test-files.ts'

/**
 * Makes every small change that Stryker knows to the verifier, the policy and the model, one at a time, and runs the tests:
 * one of them has to go red. Stryker makes the mutants, and the runner of the switch-off tries them: it loads the sources
 * once for thousands of mutants, where Stryker's own runner loads them for each.
 */
const ROOT = resolve(import.meta.dirname, '..')
const HELP = `npm run mutation -- [--only GLOB]… [--list] [--json FILE] [--write] [--workers N] [--near] [--keep]

  --only GLOB   files that are changed; default: ${Object.values(ROOMS).join(' ')}
  --list        names the mutants and runs nothing
  --json FILE   every mutant with its outcome, as Stryker's viewers read it
  --write       writes docs/mutation/ROOM.md of each room that was changed
  --near        only the tests of the mutant's own room: fast, and some survive that others would kill
  --keep        keeps the scratch copy

Ends with 1 where a mutant survived that scripts/mutation/explained/ does not explain, where one that it explains is killed,
or where less than ${LEAST} % of a room's mutants are.`

/** What one mutant may take of the processor in all. Then it has survived. */
const BUDGET_MS = 3_000
const PATIENCE_MS = 10_000
/** Test files that try a mutant for which the sources have to be loaded anew. */
const LOADS = 6

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

process.exitCode = await main()

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      list: { type: 'boolean' },
      json: { type: 'string' },
      write: { type: 'boolean' },
      workers: { type: 'string', default: '2' },
      near: { type: 'boolean', default: false },
      keep: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const { mutants, switched } = await loadMutants(ROOT, values.only ?? Object.values(ROOMS))
  if (values.list) {
    for (const { key, line } of mutants) console.log(`${String(line).padStart(4)} ${key}`)
    return 0
  }
  if (mutants.length === 0) {
    console.log('0 mutants, 0 killed, 0 survived')
    return 0
  }
  const copy = makeScratchCopy(ROOT, switched)
  try {
    const files = testFiles(ROOT, new Set(switched.keys()))
    say(`${mutants.length} mutants in ${switched.size} files, ${files.length} test files, in ${copy.root}`)
    const outcome = await runAll({
      copy,
      checks: mutants,
      files,
      workers: Number(values.workers),
      near: values.near,
      explained: new Set(EXPLAINED.flatMap(({ keys }) => keys)),
      budgetMs: BUDGET_MS,
      patienceMs: PATIENCE_MS,
      loads: LOADS,
      say,
    })
    const tried = { mutants, outcome, explained: EXPLAINED }
    const { complaints, closing } = judge(tried)
    for (const line of complaints) console.log(line)
    if (values.json !== undefined) writeFileSync(values.json, toReport(ROOT, tried))
    for (const [room, glob] of values.write ? Object.entries(ROOMS) : []) {
      const some = mutants.some(({ file }) => matchesGlob(file, glob))
      if (some) writeFileSync(join(ROOT, `docs/mutation/${room}.md`), toPage(tried, room, values.near))
    }
    console.log(closing)
    return complaints.length > 0 ? 1 : 0
  } finally {
    if (!values.keep) copy.remove()
  }
}
