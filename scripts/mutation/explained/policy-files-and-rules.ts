import type { Explained } from './explained.ts'

const YAML = 'src/policy/yaml-document.ts'
const DRIFT = 'src/policy/archive-drift.ts'
const TIME = 'src/policy/publish-time.ts'
const EXTENDS = 'src/policy/parse-extends.ts'
const POLICY = 'src/policy/parse-policy.ts'
const FIELDS = 'src/policy/policy-fields.ts'
const RULES = 'src/policy/rules'

/** Of the files of a policy, and of the rules: what follows says the same, or only the compiler asks. */
export const POLICY_FILES_AND_RULES: readonly Explained[] = [
  {
    why: 'A review that is known carries no message, so it is never the same as one that is not.',
    keys: ["src/policy/rules/reviewed-source.ts checkFile ConditionalExpression: one.review.kind === 'unknown' → true"],
  },
  {
    why: 'A document that the parser gives has contents, directives and a range, also where these are optional in its types.',
    keys: [
      `${YAML} parseYamlDocument ConditionalExpression: document.contents === null → false`,
      `${YAML} parseYamlDocument OptionalChaining: document.directives?.yaml → document.directives.yaml`,
      `${YAML} parseYamlDocument OptionalChaining: node.range?.[0] → node.range[0]`,
      `${YAML} parseYamlDocument OptionalChaining: findNode(document.contents, path)?.range?.[0] → findNode(document.contents, path)?.range[0]`,
      `${YAML} parseYamlDocument OptionalChaining: findNode(document.contents, path)?.range → findNode(document.contents, path).range`,
    ],
  },
  {
    why: 'An alias is refused before the value is made.',
    keys: [`${YAML} parseYamlDocument ObjectLiteral: { maxAliasCount: 0 } → {}`],
  },
  {
    why: 'An issue about unknown keys names at least one.',
    keys: [`${YAML} checkYaml StringLiteral: '' → "Stryker was here!"`],
  },
  {
    why: 'Only issues of the code `custom` have params.',
    keys: [`${YAML} checkYaml ConditionalExpression: issue.code === 'custom' → true`],
  },
  {
    why: 'A text has no properties and no items, so that it adds no known key.',
    keys: [`${YAML} keysAt ArrayDeclaration: [] → ["Stryker was here"]`],
  },
  {
    why: 'Where no folder got a vote, each path is looked up from the root, which is done after any folder too.',
    keys: [`${DRIFT} findFolder StringLiteral: '' → "Stryker was here!"`],
  },
  {
    why: 'What stands for no extension has to be the same each time and begin with no dot, and both do.',
    keys: [`${DRIFT} kindOf StringLiteral: '' → "Stryker was here!"`],
  },
  {
    why: 'What is no time is left out, whatever its text, and so is a version without one.',
    keys: [
      `${TIME} publishTime ArrayDeclaration: [] → ["Stryker was here"]`,
      `${TIME} publishTime ArrayDeclaration: [] → ["Stryker was here"] (2)`,
      `${TIME} publishTime StringLiteral: '' → "Stryker was here!"`,
    ],
  },
  {
    why: 'A fact that is unknown has no value, which is what the other branch gives.',
    keys: [`${TIME} publishTime ConditionalExpression: facts.model.kind === 'known' → true`],
  },
  {
    why: 'The groups of one regular expression match all together or not at all, and without them the empty path is refused.',
    keys: [
      `${EXTENDS} parseExtends StringLiteral: '' → "Stryker was here!"`,
      `${EXTENDS} parseExtends StringLiteral: '' → "Stryker was here!" (2)`,
      `${EXTENDS} parseExtends StringLiteral: '' → "Stryker was here!" (4)`,
      `${EXTENDS} parseExtends ArrayDeclaration: [] → ["Stryker was here"]`,
    ],
  },
  {
    why: 'The built-in policy has no entry whose line could be asked for.',
    keys: [
      `${POLICY} defaultPolicy ArrowFunction: () => () => 1 → () => undefined`,
      `${POLICY} defaultPolicy ArrowFunction: () => 1 → () => undefined`,
    ],
  },
  {
    why: 'No value of YAML is undefined, and the schema takes nothing but texts for origins.',
    keys: [
      `${POLICY} toPolicy ConditionalExpression: typeof url === 'string' → true`,
      `${POLICY} toPolicy ArrayDeclaration: [] → ["Stryker was here"] (2)`,
    ],
  },
  {
    why: 'The schema takes an @ in the name of an approver at its beginning only.',
    keys: [`${POLICY} toAccount Regex: /^@/ → /@/`],
  },
  {
    why: 'The schema has refused a source that is a text.',
    keys: [`${POLICY} toRequire ConditionalExpression: typeof source === 'object' → true`],
  },
  {
    why: 'A text has no key, so that it adds no path.',
    keys: [
      `${POLICY} keyPaths ArrayDeclaration: [] → ["Stryker was here"]`,
      `${POLICY} keyPaths ArrayDeclaration: [] → ["Stryker was here"] (2)`,
    ],
  },
  {
    why: 'Only the second and third element are taken, and a split text always has a first part.',
    keys: [
      `${FIELDS} namesOwner ArrayDeclaration: [] → ["Stryker was here"]`,
      `${FIELDS} namesOwner StringLiteral: '' → "Stryker was here!"`,
    ],
  },
  {
    why: 'The schema of the policy has no default and no transform: what goes in is what comes out.',
    keys: [
      "src/policy/policy-schema.ts policyJsonSchema ObjectLiteral: { io: 'input' } → {}",
      `src/policy/policy-schema.ts policyJsonSchema StringLiteral: 'input' → ""`,
    ],
  },
  {
    why: 'A fact that is known has no code, and a word of the registry that is not `unavailable` has no error.',
    keys: [
      `${RULES}/cooldown.ts ageNotKnown ConditionalExpression: subject.facts.history.kind === 'unknown' → true`,
      `${RULES}/cooldown.ts ageNotKnown ConditionalExpression: registry.kind === 'unavailable' → true`,
    ],
  },
  {
    why: 'Neither the empty text nor the other one is a time.',
    keys: [
      `${RULES}/no-downgrade.ts attestedBefore StringLiteral: '' → "Stryker was here!"`,
      `${RULES}/no-downgrade.ts attestedBefore StringLiteral: '' → "Stryker was here!" (2)`,
      `${RULES}/no-downgrade.ts attestedBefore StringLiteral: '' → "Stryker was here!" (3)`,
      `${RULES}/run-outcome.ts signingTime StringLiteral: '' → "Stryker was here!"`,
      `${RULES}/run-outcome.ts covers StringLiteral: '' → "Stryker was here!"`,
      `${RULES}/run-outcome.ts covers StringLiteral: '' → "Stryker was here!" (2)`,
    ],
  },
  {
    why: 'Neither the empty text nor the other one names a version.',
    keys: [`${RULES}/pinned-actions.ts checkComment StringLiteral: '' → "Stryker was here!"`],
  },
  {
    why: 'A file without name and URL is left out, and a text has neither.',
    keys: [`${RULES}/pinned-models.ts checkFiles ArrayDeclaration: [] → ["Stryker was here"]`],
  },
  {
    why: 'The signers that count here are certificates of pipelines only.',
    keys: [`${RULES}/reachable-commit.ts checkSources ConditionalExpression: identity.kind === 'certificate' → true`],
  },
  {
    why: 'Signers that do not match differ in at least one field, and each field is in the table.',
    keys: [
      `${RULES}/signer-continuity.ts codeOf ConditionalExpression: code === undefined → false`,
      `${RULES}/signer-continuity.ts showField StringLiteral: 'identity' → ""`,
    ],
  },
]
