import type { Explained } from './explained.ts'

/** Of what a policy decides about a dependency, and of how two policies compare. */
export const POLICY_DECISIONS: readonly Explained[] = [
  {
    why: 'The type checker needs the comparison: of any other kind the code or the value that is asked for next is undefined, which is not the one that is looked for.',
    keys: [
      "src/policy/limits.ts findLimits ConditionalExpression: run.kind === 'unknown' → true (2)",
      "src/policy/limits.ts findLimits ConditionalExpression: facts.rebuild.kind === 'known' → true",
    ],
  },
  {
    why: 'A waiver without package and without name is refused as one that names nothing, and so is never asked what it covers; the type checker needs the comparison.',
    keys: ['src/policy/waivers.ts covers ConditionalExpression: name !== undefined → true'],
  },
  {
    why: 'The function asks only whether the use is `loosen`: any other word is the other answer.',
    keys: ['src/policy/match.ts matchesPurl StringLiteral: \'tighten\' → ""'],
  },
  {
    why: 'What is remembered is what would be read again: a memory that is larger, smaller or not there gives the same answers in another time.',
    keys: [
      'src/policy/match.ts splitPattern ConditionalExpression: !patterns.has(pattern) → true',
      'src/policy/match.ts splitPattern ConditionalExpression: patterns.size >= 10_000 → true',
      'src/policy/match.ts splitPattern ConditionalExpression: patterns.size >= 10_000 → false',
      'src/policy/match.ts splitPattern EqualityOperator: patterns.size >= 10_000 → patterns.size > 10_000',
      'src/policy/match.ts splitPattern EqualityOperator: patterns.size >= 10_000 → patterns.size < 10_000',
      'src/policy/match.ts splitPattern CallExpression: patterns.clear() → ;',
      'src/policy/match.ts splitOnce ConditionalExpression: !split.has(dependency) → true',
    ],
  },
  {
    why: 'The first element of what the expression found is the whole match, which is not looked at.',
    keys: ['src/policy/match.ts splitPurl ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'Undefined, taken for a text, is the word `undefined`: no package URL, and without the slash that is asked for.',
    keys: [
      'src/policy/match.ts isScoped ConditionalExpression: purl === undefined → false',
      'src/policy/match.ts isScoped ConditionalExpression: path !== undefined → true',
    ],
  },
  {
    why: 'The name of the lock stands only with what a lock widens, and the default has nothing of that.',
    keys: ['src/policy/stricter.ts NOTHING StringLiteral: \'cleanbill.lock\' → ""'],
  },
  {
    why: 'Where both profiles are the same, it does not matter whose is taken.',
    keys: [
      'src/policy/stricter.ts stricter EqualityOperator: PROFILES.indexOf(base.profile) >= PROFILES.indexOf(head.profile) → PROFILES.indexOf(base.profile) > PROFILES.indexOf(head.profile)',
    ],
  },
  {
    why: 'Every subject is judged to exactly one state, so that their sum is the number of subjects, until somebody changes that: the comparison is there for then.',
    keys: ['src/policy/evaluate.ts account ConditionalExpression: sum === subjects.length → true'],
  },
  {
    why: 'A certificate of a public CA always has an alternative name, and what follows prefers the same one.',
    keys: [
      "src/policy/evidence-summary.ts nameIdentity ConditionalExpression: signer.kind === 'certificate' → false",
      'src/policy/evidence-summary.ts nameIdentity StringLiteral: \'certificate\' → ""',
    ],
  },
  {
    why: 'A file that requires nothing is compared as one that requires something that the base never heard of: all that the base requires is missing either way.',
    keys: ['src/policy/compare-policies.ts loosenedRule ArrayDeclaration: [] → ["Stryker was here"] (6)'],
  },
]
