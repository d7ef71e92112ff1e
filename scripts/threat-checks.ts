import { writeFileSync } from 'node:fs'
import { join, matchesGlob, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ROWS } from '../__tests__/threats/rows.ts'
import { buildWithSwitches } from './switch-off/built-copy.ts'
import { type Check, type Kind, withSwitches } from './switch-off/check.ts'
import { loadChecks } from './switch-off/load-checks.ts'
import { runCases } from './switch-off/run-tests.ts'
import { makeScratchCopy } from './switch-off/scratch-copy.ts'
import { judgeCases, toPage } from './threats/needed-checks.ts'
import { readCases } from './threats/read-cases.ts'

// `npm run threat-checks`: each case of the list of threats is a test that fails when its check is removed. The checks are
// removed one by one from the built programs, as in `npm run switch-off`, beginning with those that the fewest cases come by.

const ROOT = resolve(import.meta.dirname, '..')
const HELP = `npm run threat-checks -- [--only GLOB]… [--write] [--workers N]

  --only GLOB   cases of these test files; default: all
  --write       writes docs/threat-cases.md
  --workers N   test files at a time; default 2`

/** What the simulated registries and signers do is no check of the product. */
const ROOMS = 'discover entry flows io model policy publish record report sign source verify'
const NO_LIMIT_MS = 300_000
/** Where it is decided what holds; then where it is found out, and at last what everything goes through. */
const ROOMS_IN_ORDER = [
  /^src\/(verify|policy)\//,
  /^src\/(source|discover|record|sign|publish|model)\/|^src\/flows\/gate\//,
]
/** Without a check of another kind, such as a list that is empty, most of a program does nothing any more. */
const REFUSES: readonly Kind[] = ['throw', 'guard', 'part', 'call', 'objection', 'level', 'schema']

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

process.exitCode = await main()

function rankOf({ kind, file }: Check): number {
  const room = ROOMS_IN_ORDER.findIndex((pattern) => pattern.test(file))
  return (REFUSES.includes(kind) ? 0 : 10) + (room < 0 ? ROOMS_IN_ORDER.length : room)
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      write: { type: 'boolean' },
      workers: { type: 'string', default: '2' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  if (values.write && values.only !== undefined) {
    console.error('--write is of all cases: a page of some would leave out the others. Leave out --only.')
    return 2
  }
  const { checks, texts } = loadChecks(
    ROOT,
    ROOMS.split(' ').map((room) => `src/${room}/**`),
  )
  const byFile = Map.groupBy(checks, ({ file }) => file)
  const switched = [...texts].map(([file, text]) => [file, withSwitches(text, byFile.get(file) ?? [])] as const)
  const copy = makeScratchCopy(ROOT, new Map(switched))
  try {
    const { cases } = readCases(ROOT)
    const all = [...new Set(cases.map(({ file }) => file))]
    const files = all.filter((file) => values.only?.some((glob) => matchesGlob(file, glob)) ?? true)
    say(`${checks.length} checks in ${texts.size} files, ${files.length} test files, in ${copy.root}`)
    await buildWithSwitches(ROOT, copy, texts.keys())
    const ranks = new Map(checks.map((check) => [check.id, rankOf(check)]))
    const found = await runCases(
      {
        ...{ copy, checks, files, say, near: false, explained: new Set<string>() },
        ...{ workers: Number(values.workers), budgetMs: NO_LIMIT_MS, patienceMs: NO_LIMIT_MS, loads: 0 },
      },
      (id) => ranks.get(id) ?? 0,
    )
    const wanted = cases.filter(({ file }) => files.includes(file))
    const { complaints, needed, closing } = judgeCases(wanted, checks, found)
    for (const line of complaints) console.log(line)
    if (values.write) writeFileSync(join(ROOT, 'docs/threat-cases.md'), toPage(ROWS, needed))
    console.log(closing)
    return complaints.length > 0 ? 1 : 0
  } finally {
    copy.remove()
  }
}
