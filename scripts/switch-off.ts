import { readdirSync, writeFileSync } from 'node:fs'
import { join, matchesGlob, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KINDS } from './switch-off/check.ts'
import { EXPLAINED } from './switch-off/explained.ts'
import { changedSince, loadChecks, ROOMS } from './switch-off/load-checks.ts'
import { judge, toDocument, toPage } from './switch-off/result.ts'
import { runAll } from './switch-off/run-tests.ts'
import { makeScratchCopy, reachedFrom } from './switch-off/scratch-copy.ts'

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
  const copy = makeScratchCopy(ROOT, loaded)
  try {
    const files = testFiles(new Set(loaded.texts.keys()))
    say(`${loaded.checks.length} checks in ${loaded.texts.size} files, ${files.length} test files, in ${copy.root}`)
    const explained = new Set(EXPLAINED.map(({ key }) => key))
    const runs = {
      copy,
      checks: loaded.checks,
      files,
      workers: Number(values.workers),
      near: values.near,
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

/** Test files that load one of the sources, nearest first; those that need the built files are left to CI. */
function testFiles(sources: ReadonlySet<string>): readonly string[] {
  const known = new Map<string, readonly string[]>()
  const rooms = new Set([...sources].map((file) => file.split('/')[1]))
  const near = (file: string) => (rooms.has(file.split('/')[1]) ? 0 : 1)
  return (
    readdirSync(join(ROOT, '__tests__'), { recursive: true, encoding: 'utf8' })
      .map((name) => `__tests__/${name}`)
      .filter((name) => name.endsWith('.test.ts'))
      // Fuzzing measures what the processor takes, which is more with every condition asked for.
      .filter((name) => !name.startsWith('__tests__/fuzz/'))
      .filter((name) => {
        const reached = reachedFrom(ROOT, name, known)
        return !reached.has('__tests__/support/built.ts') && [...sources].some((file) => reached.has(file))
      })
      .sort((a, b) => near(a) - near(b) || depth(a) - depth(b) || (a < b ? -1 : 1))
  )
}

/** Flows start servers and sign: their tests come last. */
function depth(file: string): number {
  return file.startsWith('__tests__/flows/') ? 1 : 0
}
