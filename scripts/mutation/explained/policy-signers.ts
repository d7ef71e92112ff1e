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
    why: 'Splitting a text gives a first part, and one subject that was judged gives one dependency: only the compiler cannot see it.',
    keys: [
      'src/policy/expectations.ts signerOf StringLiteral: \'\' → "Stryker was here!"',
      'src/policy/expectations.ts compare OptionalChaining: dependencies[0]?.state → dependencies[0].state',
    ],
  },
  {
    why: 'No field of the schema has a default or another output than input, so that both JSON Schemas are the same.',
    keys: [
      "src/policy/lock-schema.ts lockJsonSchema ObjectLiteral: { io: 'input' } → {}",
      'src/policy/lock-schema.ts lockJsonSchema StringLiteral: \'input\' → ""',
    ],
  },
  {
    why: 'At exactly the limit the reader for all of YAML reads the same lock: only the time differs.',
    keys: [
      'src/policy/trust-lock.ts readCanonical EqualityOperator: text.length > KIND.maxBytes → text.length >= KIND.maxBytes',
    ],
  },
  {
    why: 'Whatever a line holds that was not read, or was read otherwise, does not survive being written again and compared, and an error among the lines ends in that comparison too.',
    keys: ['src/policy/trust-lock.ts readLines OptionalChaining: entries.at(-1)?.signers → entries.at(-1).signers'],
  },
  {
    why: 'Both groups take part in every match of FIELD; the default is for the compiler.',
    keys: [
      'src/policy/trust-lock.ts readLines StringLiteral: \'\' → "Stryker was here!"',
      'src/policy/trust-lock.ts readLines StringLiteral: \'\' → "Stryker was here!" (2)',
    ],
  },
  {
    why: 'Requirements look at the values of an identity and never at its kind.',
    keys: ['src/policy/expected-identity.ts checkPrivateCa StringLiteral: \'certificate\' → ""'],
  },
  {
    why: 'What is undefined reads `undefined` for the expression, which is no ref and no commit.',
    keys: ['src/policy/expected-identity.ts requireSignerWorkflow ConditionalExpression: rest !== undefined → true'],
  },
  {
    why: 'Without a match `url` is null, and the condition before it has decided.',
    keys: ['src/policy/expected-identity.ts requirePattern OptionalChaining: host?.[1] → host[1]'],
  },
  {
    why: 'Splitting a text gives a first part: the owner is never undefined.',
    keys: ['src/policy/expected-identity.ts workflowUrl OptionalChaining: owner?.startsWith → owner.startsWith'],
  },
  {
    why: 'An array of texts does not include undefined: the condition is for the compiler.',
    keys: ['src/policy/signer-match.ts checkSource ConditionalExpression: trigger === undefined → false'],
  },
  {
    why: 'A signer without that claim has no ref, and where there is no ref the path is not looked at.',
    keys: [
      'src/policy/signer-match.ts checkWorkflow StringLiteral: \'\' → "Stryker was here!"',
      'src/policy/quorum.ts isVerifier StringLiteral: \'\' → "Stryker was here!"',
    ],
  },
  {
    why: 'Without an entry `read` is a text, and the other half of the condition says the same.',
    keys: ['src/policy/quorum.ts checkQuorum ConditionalExpression: entry === undefined → false (2)'],
  },
  {
    why: "A text has none of the fields of an entry, and an entry that names nobody is nobody's.",
    keys: ['src/policy/quorum.ts isForeignSummary ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'Nobody speaks against a dependency who was not found by a repository, a name or a key.',
    keys: ['src/policy/quorum.ts speaksAgainst StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'Each is there because the line before put it there: every subject has its codes, every group a subject, every key a record.',
    keys: [
      'src/policy/propose-lock.ts proposeLock ArrayDeclaration: [] → ["Stryker was here"] (3)',
      'src/policy/propose-lock.ts proposeLock ConditionalExpression: after === undefined → false',
      'src/policy/propose-lock.ts recordsOf ArrayDeclaration: [] → ["Stryker was here"]',
    ],
  },
  {
    why: 'Of two tiers that are equal it does not matter which is returned.',
    keys: [
      'src/policy/propose-lock.ts stronger EqualityOperator: EVIDENCE_TIERS.indexOf(a) >= EVIDENCE_TIERS.indexOf(b) → EVIDENCE_TIERS.indexOf(a) > EVIDENCE_TIERS.indexOf(b)',
    ],
  },
  {
    why: 'No tag ends in a text with blanks, which git forbids in refs: the ref stays as it is.',
    keys: [
      'src/policy/counting-signers.ts AS_IT_IS StringLiteral: \'\' → "Stryker was here!"',
      'src/policy/source-ref.ts versionForms ArrayDeclaration: [] → ["Stryker was here"] (2)',
    ],
  },
  {
    why: 'Neither text is a package URL.',
    keys: ['src/policy/locked-signer.ts signerOf StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'A name that is no URI has no ref, and without the claim of a workflow the path is not looked at; an empty calling workflow is left out.',
    keys: ['src/policy/locked-signer.ts ofCertificate StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'From the first character on the lazy part reaches every @, so that the leftmost match begins there anyway.',
    keys: [
      'src/policy/locked-signer.ts splitRef Regex: /^(.*?)@(refs\\/.+|[0-9a-f]{40}|[0-9a-f]{64})$/s → /(.*?)@(refs\\/.+|[0-9a-f]{40}|[0-9a-f]{64})$/s',
    ],
  },
  {
    why: 'The first part is the whole match, which is not used.',
    keys: [
      'src/policy/locked-signer.ts splitRef ArrayDeclaration: [] → ["Stryker was here"]',
      'src/policy/source-ref.ts versionForms ArrayDeclaration: [] → ["Stryker was here"]',
    ],
  },
  {
    why: 'Where there is no such character before the version, it begins within the folder of the tags, and the next condition refuses that.',
    keys: [
      'src/policy/source-ref.ts placeOfVersion ConditionalExpression: before !== undefined → true',
      'src/policy/source-ref.ts placeOfVersion StringLiteral: \'\' → "Stryker was here!" (2)',
    ],
  },
]
