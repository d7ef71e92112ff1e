import type { Explained } from './explained.ts'

/** Changes of what reads bundles, certificates and statements that leave every answer as it is. */
export const MODEL_BUNDLES: readonly Explained[] = [
  {
    why: 'The word names the bytes in a message that the schema replaces with its own.',
    keys: ['src/model/bundle-schema.ts bytes StringLiteral: \'it\' → ""'],
  },
  {
    why: 'Nobody reads the code of an issue: message, path and parameters make the refusal.',
    keys: [
      'src/model/bundle-schema.ts bytes StringLiteral: \'custom\' → ""',
      'src/model/bundle-schema.ts bytes StringLiteral: \'custom\' → "" (2)',
      'src/model/statement.ts digestSet StringLiteral: \'custom\' → ""',
    ],
  },
  {
    why: 'A text with a blank line first has no origin, and without any the second line would have to be a size and a signature at once: both are refused below.',
    keys: [
      'src/model/bundle-schema.ts isCheckpoint ConditionalExpression: cut < 0 → false',
      'src/model/bundle-schema.ts isCheckpoint EqualityOperator: cut < 0 → cut <= 0',
    ],
  },
  {
    why: 'A text with a blank line in it has three lines at least; the compiler asks.',
    keys: [
      'src/model/bundle-schema.ts isCheckpoint ConditionalExpression: origin === undefined → false',
      'src/model/bundle-schema.ts isCheckpoint ConditionalExpression: size === undefined → false',
      'src/model/bundle-schema.ts isCheckpoint ConditionalExpression: root === undefined → false',
    ],
  },
  {
    why: 'A failed parse has an error with at least one issue, and one without parameters has none to compare; the compiler asks.',
    keys: [
      'src/model/bundle-schema.ts parseBundlePart OptionalChaining: result.error?.issues → result.error.issues',
      "src/model/bundle-schema.ts parseBundlePart ConditionalExpression: issue !== undefined && 'params' in issue → true",
      "src/model/bundle-schema.ts parseBundlePart LogicalOperator: issue !== undefined && 'params' in issue → issue !== undefined || 'params' in issue",
      'src/model/bundle-schema.ts parseBundlePart ConditionalExpression: issue !== undefined → true',
      'src/model/bundle-schema.ts parseBundlePart OptionalChaining: issue?.path → issue.path',
      'src/model/bundle-schema.ts parseBundlePart StringLiteral: \'\' → "Stryker was here!"',
      'src/model/bundle-schema.ts parseBundlePart OptionalChaining: issue?.message → issue.message',
      "src/model/statement.ts parseWith ConditionalExpression: issue !== undefined && 'params' in issue → true",
      "src/model/statement.ts parseWith LogicalOperator: issue !== undefined && 'params' in issue → issue !== undefined || 'params' in issue",
      'src/model/statement.ts parseWith ConditionalExpression: issue !== undefined → true',
      'src/model/statement.ts parseWith OptionalChaining: issue?.path → issue.path',
      'src/model/statement.ts parseWith StringLiteral: \'\' → "Stryker was here!"',
      'src/model/statement.ts parseWith OptionalChaining: issue?.message → issue.message',
    ],
  },
  {
    why: 'A text without any line is not more than one line, whatever its first is said to be.',
    keys: ['src/model/bundle.ts jsonLines StringLiteral: \'\' → "Stryker was here!" (3)'],
  },
  {
    why: 'An extension without a last part has no first one, which is asked for before; the compiler asks.',
    keys: ['src/model/certificate.ts readExtensions OptionalChaining: value?.tag → value.tag'],
  },
  {
    why: 'A list of one has a first element, a bundle that names one signer and no certificate has a key, and a name that stands once stands first; the compiler asks.',
    keys: [
      'src/model/bundle.ts readDocument ConditionalExpression: parts[0] !== undefined → true',
      'src/model/bundle.ts keyOf OptionalChaining: publicKey?.hint → publicKey.hint',
      'src/model/certificate.ts nameField OptionalChaining: found[0]?.slice → found[0].slice',
    ],
  },
  {
    why: 'Every reader codes its refusals; the condition keeps a fault of the program from being listed as bad evidence.',
    keys: ['src/model/bundle.ts capture ConditionalExpression: isCleanbillError(error) → true'],
  },
  {
    why: 'The form of a reader is written over by that of the document.',
    keys: [
      'src/model/bundle.ts fromParsed StringLiteral: \'sigstore-bundle\' → ""',
      'src/model/bundle.ts readEnvelope StringLiteral: \'dsse\' → ""',
    ],
  },
  {
    why: 'The empty text is the number 0 too.',
    keys: ['src/model/bundle.ts toLogEntry StringLiteral: \'0\' → "" (2)'],
  },
  {
    why: 'A PEP 740 attestation has no chain, and every version but 0.1 asks for the same proof.',
    keys: ['src/model/bundle.ts readPep740 StringLiteral: \'0.3\' → ""'],
  },
  {
    why: 'The schema has refused a checkpoint without a root.',
    keys: ['src/model/log-inclusion.ts checkStatedTree StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'The text has padding at its end alone: the expression before it said so.',
    keys: ['src/model/base64.ts isCanonicalUrlSafe Regex: /=+$/ → /=+/'],
  },
  {
    why: 'Where the tag is missing, the byte after it is too.',
    keys: ['src/model/der.ts readDer ConditionalExpression: tag === undefined → false'],
  },
  {
    why: 'Three parts have a second one; the compiler asks.',
    keys: ['src/model/certificate.ts readExtensions OptionalChaining: parts[1]?.content → parts[1].content'],
  },
  {
    why: 'A list without a first name does not hold one name, which is asked for beside it.',
    keys: ['src/model/identity.ts parseSubjectName ConditionalExpression: name === undefined → false'],
  },
  {
    why: 'The memory of a fingerprint saves time: made anew, it is the same.',
    keys: [
      'src/model/key-fingerprint.ts keyFingerprint ConditionalExpression: before !== undefined → false',
      'src/model/key-fingerprint.ts keyFingerprint CallExpression: known.set(key, fingerprint) → ;',
    ],
  },
  {
    why: 'The first element is the whole match, which nobody reads; the groups stay undefined.',
    keys: ['src/model/log-tiles.ts parseTreeHead ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'The groups of the regular expression match all together or not at all; the compiler asks for each.',
    keys: [
      'src/model/log-tiles.ts parseTreeHead LogicalOperator: origin === undefined || base64 === undefined → origin === undefined && base64 === undefined',
      'src/model/log-tiles.ts parseTreeHead ConditionalExpression: origin === undefined → false',
      'src/model/log-tiles.ts parseTreeHead ConditionalExpression: base64 === undefined → false',
    ],
  },
  {
    why: 'A subtree beside the way to a leaf does not begin with that leaf, and there are as many as hashes in the proof.',
    keys: [
      'src/model/log-tiles.ts rootFromProof EqualityOperator: (sides[i]?.start ?? 0) < index → (sides[i]?.start ?? 0) <= index',
      'src/model/log-tiles.ts rootFromProof OptionalChaining: sides[i]?.start → sides[i].start',
    ],
  },
  {
    why: 'The row of a complete subtree has an even number of hashes; the compiler asks.',
    keys: ['src/model/log-tiles.ts pairs ConditionalExpression: right !== undefined → true'],
  },
]
