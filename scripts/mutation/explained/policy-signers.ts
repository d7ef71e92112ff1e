import type { Explained } from './explained.ts'

/** Of the policy room: signers, the trust lock, verifiers and a project's own expectations. */
export const POLICY_SIGNERS: readonly Explained[] = [
  {
    why: 'The schema takes a kind from the keys of EVIDENCE_KINDS only, and what is not found there is provenance, as is the default.',
    keys: [
      "src/policy/expectations.ts attestationOf OptionalChaining: EVIDENCE_KINDS[one.kind ?? 'provenance']?.[0] → EVIDENCE_KINDS[one.kind ?? 'provenance'][0]",
      'src/policy/expectations.ts attestationOf StringLiteral: \'provenance\' → ""',
    ],
  },
  {
    why: 'What the compiler cannot see: splitting a text gives a first part, and one subject that was judged gives one dependency.',
    keys: [
      'src/policy/expectations.ts signerOf StringLiteral: \'\' → "Stryker was here!"',
      'src/policy/expectations.ts compare OptionalChaining: dependencies[0]?.state → dependencies[0].state',
    ],
  },
]
