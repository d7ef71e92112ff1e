import type { JobFact, RunFact, StepFact } from '../../model/facts.ts'
import { countingSigners, type Signed } from '../counting-signers.ts'
import { contextState, nameOf, once, show, unknownOf } from '../objections.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/** Times of steps are whole seconds of the runner's clock, the log's are its own. */
const TOLERANCE_MS = 2000

/**
 * R6. A step of the run that succeeded covers the moment of publishing (T-PP-21). In TanStack's runs repository,
 * workflow, ref and trigger were right; "Publish Packages" was skipped, and the package came out of the step that ran the
 * tests and failed. Steps, not jobs: a job says how everything in it ended together.
 */
export const runOutcome: Rule = {
  id: 'run-outcome',
  docs: 'docs/rules.md#run-outcome',
  check: (subject) =>
    once(
      countingSigners(subject).flatMap((signed) => {
        const run = subject.facts.sources[signed.index]?.run
        if (run === undefined) return []
        return run.kind === 'known'
          ? checkRun(subject, signed, run.value)
          : unknownOf(run, `how the run ended that signed ${nameOf(subject)}`)
      }),
    ),
}

function checkRun(subject: Subject, signed: Signed, run: RunFact): readonly Objection[] {
  const published = signingTime(subject, signed)
  const steps = run.jobs.flatMap((job) => job.steps)
  if (published === undefined) return [notKnown(subject, 'no log and no registry says when it was published')]
  if (!steps.some(hasTimes)) return [notKnown(subject, 'the run lists no step with its times')]
  const covering = steps.filter((step) => covers(step, published))
  const succeeded = covering.some(({ conclusion }) => conclusion === 'success')
  if (!succeeded) {
    // A job that lists no steps may have been the one: what it did is not known.
    if (run.jobs.some((job) => job.steps.length === 0 && covers(job, published) && job.conclusion === 'success')) {
      return [notKnown(subject, 'the job of that time lists no steps')]
    }
    return [failed(subject, run, covering, published)]
  }
  if (run.conclusion === 'success') return []
  return [
    {
      outcome: 'fire',
      code: 'RUN_FAILED_LATER',
      message: `${nameOf(subject)} was published by a step that succeeded, and its run (${show(run.path)}) ended as ${show(run.conclusion)}`,
      hint: 'Look at the run: a job after the release failed, or one beside it.',
      weight: 'unusual',
    },
  ]
}

function failed(
  subject: Subject,
  { path, conclusion, jobs }: RunFact,
  covering: readonly StepFact[],
  published: number,
): Objection {
  const during = covering.length > 0 ? covering.map(describe).join(', ') : 'no step at all'
  const skipped = jobs
    .flatMap(skippedOf)
    .slice(0, 3)
    .map((step) => show(step.name))
  return {
    outcome: 'fire',
    code: 'RUN_FAILED',
    message: `${nameOf(subject)} was published at ${new Date(published).toISOString()}, when no step of its run (${show(path)}, ${show(conclusion)}) that succeeded was running, but ${during}${skipped.length > 0 ? `; skipped: ${skipped.join(', ')}` : ''}`,
    hint: 'Do not install it: something else than the publishing step of the project published this version.',
    weight: 'context',
    state: contextState(subject),
  }
}

const describe = ({ name, conclusion }: StepFact): string => `${show(name)} (${show(conclusion)})`

const skippedOf = ({ steps }: JobFact): readonly StepFact[] =>
  steps.filter(({ conclusion }) => conclusion === 'skipped')

function notKnown(subject: Subject, why: string): Objection {
  const message = `whether the run that signed ${nameOf(subject)} published it is not known: ${why}`
  return { outcome: 'unknown', code: 'CONTEXT_UNKNOWN', message }
}

/** When this very attestation was signed, by a log or timestamp; else the registry's time. */
function signingTime({ evidence }: Subject, { accepted }: Signed): number | undefined {
  const record = 'record' in evidence.registry ? evidence.registry.record : undefined
  const file = record?.files.find(({ name }) => name !== undefined && name === accepted.file)
  const signed = accepted.attestation.origin.times.map(Date.parse).filter((at) => !Number.isNaN(at))
  const said = [file?.publishedAt, record?.publishedAt].map((text) => Date.parse(text ?? ''))
  return signed.length > 0 ? Math.min(...signed) : said.find((at) => !Number.isNaN(at))
}

function hasTimes({ startedAt, completedAt }: StepFact): boolean {
  return startedAt !== undefined && completedAt !== undefined
}

function covers({ startedAt, completedAt }: StepFact, moment: number): boolean {
  const [from, to] = [Date.parse(startedAt ?? ''), Date.parse(completedAt ?? '')]
  return from - TOLERANCE_MS <= moment && moment <= to + TOLERANCE_MS
}
