import type { Explained } from './explained.ts'

/** Changes of what reads names, versions and digests that leave every answer as it is. */
export const MODEL_NAMES: readonly Explained[] = [
  {
    why: 'Two values that are equal were passed over before.',
    keys: [
      'src/model/pep440.ts compareLists EqualityOperator: value < other → value <= other',
      'src/model/pep440.ts compareLocals EqualityOperator: x < y → x <= y',
    ],
  },
  {
    why: 'Leading zeros are gone once a version is read, so two numbers that are equal are equal texts and were passed over.',
    keys: ['src/model/pep440.ts compareLocals EqualityOperator: BigInt(x) < BigInt(y) → BigInt(x) <= BigInt(y)'],
  },
  {
    why: 'Past the end of both lists there is nothing on either side, and nothing is like nothing.',
    keys: [
      'src/model/pep440.ts compareLocals EqualityOperator: index < Math.max(left.length, right.length) → index <= Math.max(left.length, right.length)',
      'src/model/versions.ts compareDotted EqualityOperator: index < Math.max(left?.length ?? 0, right?.length ?? 0) → index <= Math.max(left?.length ?? 0, right?.length ?? 0)',
    ],
  },
  {
    why: 'No text stands before an undefined one and an undefined one is no number, so a longer local version comes later all the same.',
    keys: ['src/model/pep440.ts compareLocals ConditionalExpression: y === undefined → false'],
  },
  {
    why: 'The release is part of every match: what stands in place of none is never read.',
    keys: ['src/model/pep440.ts parsePythonVersion StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'A set with a clause that could not be read was given back before.',
    keys: [
      'src/model/pep440.ts parsePythonSpecifiers OptionalChaining: clause?.(parsed, version) → clause(parsed, version)',
    ],
  },
  {
    why: 'What is no clause has no operator, so whatever its operand is no case takes it.',
    keys: [
      'src/model/pep440.ts parseClause StringLiteral: \'\' → "Stryker was here!"',
      'src/model/pep440.ts parseClause ArrayDeclaration: [] → ["Stryker was here"]',
      'src/model/pep440.ts parseClause ConditionalExpression: default: return undefined → default:',
    ],
  },
  {
    why: 'The first element of a match is not read: there is no major number either way.',
    keys: ['src/model/versions.ts releaseLine ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'Both texts have the plain form by then: a `v` is at the beginning or nowhere.',
    keys: ['src/model/versions.ts compareDotted Regex: /^v/ → /v/'],
  },
  {
    why: 'A list made of two texts has two elements; the compiler does not know.',
    keys: [
      'src/model/versions.ts compareDotted OptionalChaining: left?.length → left.length',
      'src/model/versions.ts compareDotted OptionalChaining: right?.length → right.length',
      'src/model/versions.ts compareDotted OptionalChaining: left?.[index] → left[index]',
      'src/model/versions.ts compareDotted OptionalChaining: right?.[index] → right[index]',
    ],
  },
  {
    why: 'Neither nothing nor this text is the name of an algorithm, so both are refused alike.',
    keys: [
      'src/model/digest.ts parseDigest EqualityOperator: colon < 0 → colon <= 0',
      'src/model/digest.ts parseDigest StringLiteral: \'\' → "Stryker was here!"',
    ],
  },
  {
    why: 'Nothing is tested as the text `undefined`, which is no commit.',
    keys: ['src/model/digest.ts isCommit ConditionalExpression: text !== undefined → true'],
  },
  {
    why: 'What one side lacks was left out before; the compiler does not know.',
    keys: [
      'src/model/digest.ts digestsMatch OptionalChaining: left[name]?.toLowerCase → left[name].toLowerCase',
      'src/model/digest.ts digestsMatch OptionalChaining: right[name]?.toLowerCase → right[name].toLowerCase',
    ],
  },
  {
    why: 'These shortcuts only save walking the text: the walk says the same.',
    keys: [
      'src/model/glob.ts matchesGlob ConditionalExpression: star === -1 → false',
      `src/model/glob.ts matchesGlob StringLiteral: '*' → ""`,
      'src/model/glob.ts matchesGlob ConditionalExpression: !text.startsWith(pattern.slice(0, star)) → false',
      'src/model/glob.ts matchesGlob ConditionalExpression: at.size === 0 → false',
    ],
  },
  {
    why: 'With a star in it a pattern has a token, so nothing stands in place of none.',
    keys: ['src/model/glob.ts matchesGlob ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'A parameter has one of its two forms in every match; nothing stands in place of neither.',
    keys: ['src/model/oci.ts parseChallenge StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'A match without a key has a scheme; the compiler does not know.',
    keys: ['src/model/oci.ts parseChallenge OptionalChaining: scheme?.toLowerCase → scheme.toLowerCase'],
  },
  {
    why: 'Both groups are part of every match: what stands in place of none is never read.',
    keys: [
      'src/model/purl.ts parsePackageUrl StringLiteral: \'\' → "Stryker was here!"',
      'src/model/purl.ts parsePackageUrl StringLiteral: \'\' → "Stryker was here!" (3)',
    ],
  },
  {
    why: 'A function that ends without an answer gives back undefined.',
    keys: [
      'src/model/purl.ts parsePackageUrl BlockStatement: { return undefined } → {}',
      'src/model/integrity.ts toHex BlockStatement: { return undefined } → {}',
    ],
  },
  {
    why: 'What does not match is refused: its first element is not read, its algorithm is none of them, and its text is either none or no base64.',
    keys: [
      `src/model/integrity.ts parseIntegrity StringLiteral: '' → "Stryker was here!" (2)`,
      `src/model/integrity.ts parseIntegrity StringLiteral: '' → "Stryker was here!" (3)`,
      'src/model/integrity.ts parseIntegrity ArrayDeclaration: [] → ["Stryker was here"]',
    ],
  },
  {
    why: 'An object has no key twice, so no two are equal.',
    keys: ['src/model/purl.ts formatPackageUrl EqualityOperator: a < b → a <= b'],
  },
  {
    why: 'A wheel has five parts or six by then, so nothing stands in place of a part.',
    keys: [
      'src/model/python-file-name.ts parseWheel StringLiteral: \'\' → "Stryker was here!"',
      'src/model/python-file-name.ts parseWheel StringLiteral: \'\' → "Stryker was here!" (2)',
      'src/model/python-file-name.ts parseWheel StringLiteral: \'\' → "Stryker was here!" (3)',
      'src/model/python-file-name.ts parseWheel ArrayDeclaration: [] → ["Stryker was here"]',
      'src/model/python-file-name.ts parseWheel ArrayDeclaration: [] → ["Stryker was here"] (2)',
      'src/model/python-file-name.ts parseWheel ArrayDeclaration: [] → ["Stryker was here"] (3)',
    ],
  },
  {
    why: 'Both groups are part of every build number that matches.',
    keys: [
      'src/model/python-file-name.ts parseWheel StringLiteral: \'0\' → ""',
      'src/model/python-file-name.ts parseWheel StringLiteral: \'\' → "Stryker was here!" (6)',
    ],
  },
]
