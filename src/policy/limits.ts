import type { Limit } from '../model/error.ts'
import type { Policy } from '../model/policy.ts'
import { RULES } from '../model/rules.ts'
import type { JudgedDependency } from '../model/verdict.ts'
import { LEVEL_TABLE } from './levels.ts'
import type { Subject } from './rule.ts'

/** What one verdict does not prove (incidents.md §6): only what applies to what was judged. */
export function findLimits(
  subjects: readonly Subject[],
  judged: readonly JudgedDependency[],
  policy: Policy,
): readonly Limit[] {
  const states = new Set(judged.map(({ state }) => state))
  const some = (test: (subject: Subject) => boolean) => subjects.some(test)
  const rows: readonly (readonly [applies: boolean, limit: Limit])[] = [
    [
      some(({ evidence, lock }) => evidence.accepted.length > 0 && (lock?.signers.length ?? 0) === 0),
      { code: 'TOFU_FIRST_SEEN', message: 'Signers that the trust lock does not know were taken as they came.' },
    ],
    [
      states.has('registered') || states.has('absent'),
      { code: 'NO_BASELINE', message: 'What never had provenance cannot lose it.' },
    ],
    [
      states.has('verified'),
      {
        code: 'CONTEXT_ONLY',
        message: 'Provenance says which workflow built it, not that the workflow ran only its own code.',
      },
    ],
    [
      states.has('verified'),
      { code: 'SOURCE_NOT_JUDGED', message: 'Nobody here read the source: what was reviewed and merged passes.' },
    ],
    [
      some(({ dependency, evidence }) => dependency.ecosystem === 'npm' && evidence.accepted.length > 0),
      { code: 'BUILD_L2', message: 'Provenance of npm is SLSA Build L2: the build can reach the signing identity.' },
    ],
    [
      some(({ facts }) =>
        facts.sources.some(({ run }) => run.kind === 'unknown' && run.code !== 'RUN_OUTCOME_EXPIRED'),
      ),
      { code: 'RUN_OUTCOME_UNKNOWN', message: 'Of some runs it is not known how they ended.' },
    ],
    [
      some(({ facts }) =>
        facts.sources.some(({ run }) => run.kind === 'unknown' && run.code === 'RUN_OUTCOME_EXPIRED'),
      ),
      { code: 'RUN_OUTCOME_EXPIRED', message: 'Some runs are older than the platform keeps them.' },
    ],
    [
      some(({ facts }) => facts.advisories.kind === 'known'),
      { code: 'FEED_INCOMPLETE', message: 'An advisory feed knows what was reported, not what is bad.' },
    ],
    [
      policy.rules.cooldown?.level !== 'off' && subjects.length > 0,
      { code: 'COOLDOWN_BORROWED', message: 'A cooldown helps only while somebody else finds what is bad.' },
    ],
    [
      some(({ facts }) => facts.rebuild.kind === 'known' && facts.rebuild.value === 'matches'),
      {
        code: 'REBUILD_NOT_REVIEW',
        message: 'A rebuild proves that the archive is the source, not that the source is harmless.',
      },
    ],
    [
      some(({ evidence }) => evidence.files.pinned > 0),
      {
        code: 'FILES_PINNED',
        message: 'Files for other platforms are fixed by digest, and their evidence was not looked up.',
      },
    ],
    [true, { code: 'OUTSIDE_GATE', message: 'What is installed outside the gated job is not covered.' }],
    [
      true,
      { code: 'EXFILTRATION_BEFORE_GATE', message: 'A build that leaks its secrets has done so before any gate runs.' },
    ],
  ]
  return [...rows.flatMap(([applies, limit]) => (applies ? [limit] : [])), ...loweredRules(policy)]
}

/** A rule that the policy switches off or lowers is said aloud: silence would look like a rule that held. */
function loweredRules({ rules, profile, file }: Policy): Limit[] {
  return RULES.flatMap(({ id }): Limit[] => {
    const level = rules[id]?.level
    const usual = LEVEL_TABLE[id].fire[profile === 'strict' ? 1 : 0]
    if (level === 'off' && usual !== 'off')
      return [{ code: 'RULE_OFF', message: `${file} switches the rule ${id} off.` }]
    if (level !== 'warn' || usual !== 'fail' || profile === 'baseline') return []
    return [{ code: 'RULE_LOWERED', message: `${file} lets the rule ${id} warn only.` }]
  })
}
