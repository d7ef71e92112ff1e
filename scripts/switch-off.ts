import { writeFileSync } from 'node:fs'
import { join, matchesGlob, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KINDS, withSwitches } from './switch-off/check.ts'
import { EXPLAINED } from './switch-off/explained.ts'
import { changedSince, loadChecks, ROOMS } from './switch-off/load-checks.ts'
import { judge, toDocument, toPage } from './switch-off/result.ts'
import { runAll } from './switch-off/run-tests.ts'
import { makeScratchCopy } from './switch-off/scratch-copy.ts'
import { testFiles } from './switch-off/test-files.ts'

/**
 * Switches every single check of the verifier, the rules and the gate off, one at a time, and runs the tests: one of them
 * has to go red. Survivors are named, unless `switch-off/explained.ts` says why nothing can go red.
 */
const ROOT = resolve(import.meta.dirname, '..')
const HELP = `npm run switch-off -- [--only GLOB]… [--since REF] [--list] [--json FILE] [--write] [--workers N] [--near] [--keep]

  --only GLOB   files whose checks are switched off; default: ${Object.values(ROOMS).join(' ')}
  --since REF   only files that changed since the commit, or whose tests did
  --list        names the checks and runs nothing
  --json FILE   every check with its outcome
  --write       writes docs/switch-off.md
  --near        only the tests of the check's own room
  --keep        keeps the scratch copy

Kinds of checks:
${Object.entries(KINDS)
  .map(([kind, text]) => `  ${kind.padEnd(12)}${text}`)
  .join('\n')}`

/** What one check may take of the processor in all. Then it has survived. */
const BUDGET_MS = 20_000
const PATIENCE_MS = 45_000

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

process.exitCode = await main()

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      since: { type: 'string' },
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
  const globs = values.only ?? Object.values(ROOMS)
  const changed = values.since === undefined ? undefined : changedSince(ROOT, values.since)
  const wanted = changed?.filter((file) => globs.some((glob) => matchesGlob(file, glob))) ?? globs
  const loaded = loadChecks(ROOT, wanted)
  if (values.list) {
    for (const { key, line } of loaded.checks) console.log(`${String(line).padStart(4)} ${key}`)
    return 0
  }
  if (loaded.checks.length === 0) {
    console.log('0 switched off, 0 caught, 0 survived')
    return 0
  }
  const texts = [...loaded.texts].map(
    ([file, text]) =>
      [
        file,
        withSwitches(
          text,
          loaded.checks.filter((check) => check.file === file),
        ),
      ] as const,
  )
  const copy = makeScratchCopy(ROOT, new Map(texts))
  try {
    const files = testFiles(ROOT, new Set(loaded.texts.keys()))
    say(`${loaded.checks.length} checks in ${loaded.texts.size} files, ${files.length} test files, in ${copy.root}`)
    const explained = new Set(EXPLAINED.map(({ key }) => key))
    const runs = {
      copy,
      checks: loaded.checks,
      files,
      workers: Number(values.workers),
      near: values.near,
      budgetMs: BUDGET_MS,
      patienceMs: PATIENCE_MS,
      loads: Number.POSITIVE_INFINITY,
      explained,
      say,
    }
    const outcome = await runAll(runs)
    const whole = values.only === undefined && values.since === undefined
    const result = judge(loaded.checks, outcome, EXPLAINED, new Set(loaded.texts.keys()), whole)
    for (const line of result.complaints) console.log(line)
    if (values.json !== undefined) writeFileSync(values.json, toDocument(loaded.checks, outcome, EXPLAINED))
    if (values.write) writeFileSync(join(ROOT, 'docs/switch-off.md'), toPage(loaded.checks, outcome, EXPLAINED))
    console.log(result.closing)
    return result.complaints.length > 0 ? 1 : 0
  } finally {
    if (!values.keep) copy.remove()
  }
}
