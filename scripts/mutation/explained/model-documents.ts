import type { Explained } from './explained.ts'

/** Of the documents, predicates and recordings in the model. */
export const MODEL_DOCUMENTS: readonly Explained[] = [
  {
    why: 'The mode is only ever compared with "single", so every other text groups all subjects.',
    keys: [`src/model/build-provenance.ts buildProvenance StringLiteral: 'all' → ""`],
  },
  {
    why: 'A manifest is undefined exactly where the output has no files; the second question is for the compiler.',
    keys: [
      'src/model/build-provenance.ts toManifest LogicalOperator: manifest === undefined || output.files === undefined → manifest === undefined && output.files === undefined',
      'src/model/build-provenance.ts toManifest ConditionalExpression: manifest === undefined → false',
      'src/model/build-provenance.ts toManifest ConditionalExpression: output.files === undefined → false',
    ],
  },
  {
    why: 'A schema that refuses always names at least one issue, with a path and a message.',
    keys: [
      'src/model/recording.ts parseRecording OptionalChaining: issue?.path → issue.path',
      `src/model/recording.ts parseRecording StringLiteral: '' → "Stryker was here!"`,
      'src/model/recording.ts parseRecording OptionalChaining: issue?.message → issue.message',
      `src/model/recording.ts parseRecording StringLiteral: '' → "Stryker was here!" (2)`,
    ],
  },
  {
    why: 'JSON.parse hands its reviver the source of every number, so nothing falls back.',
    keys: [
      'src/model/json.ts keepBigIntegers OptionalChaining: context?.source → context.source',
      'src/model/json.ts keepBigIntegers ConditionalExpression: source !== undefined → true',
      'src/model/json.ts requireExactNumbers OptionalChaining: context?.source → context.source',
      `src/model/json.ts requireExactNumbers StringLiteral: '' → "Stryker was here!"`,
    ],
  },
  {
    why: 'What takes the place of the exponent has no digit, and all but digits is removed next.',
    keys: [`src/model/json.ts requireExactNumbers StringLiteral: '' → "Stryker was here!" (2)`],
  },
  {
    why: 'Where the quick look finds a doubt the slow reader decides, and where it finds a long number each is looked at: a doubt too many costs time alone.',
    keys: [
      'src/model/json.ts parseJson ConditionalExpression: !hasUniqueKeys → true',
      'src/model/json.ts scan BooleanLiteral: true → false',
      'src/model/json.ts scan BooleanLiteral: false → true',
      'src/model/json.ts scan ConditionalExpression: ++digits === MAX_EXACT_DIGITS + 1 → true',
      'src/model/json.ts scan EqualityOperator: ++digits === MAX_EXACT_DIGITS + 1 → ++digits !== MAX_EXACT_DIGITS + 1',
      'src/model/json.ts scan ArithmeticOperator: MAX_EXACT_DIGITS + 1 → MAX_EXACT_DIGITS - 1',
      `src/model/json.ts scan ConditionalExpression: key === '__proto__' || expecting.has(key) || key.includes('\\\\') → true`,
      `src/model/json.ts scan StringLiteral: '\\\\' → ""`,
      'src/model/json.ts scan ConditionalExpression: c === 0x7b → true',
      'src/model/json.ts scan ConditionalExpression: c === 0x2c → true',
    ],
  },
  {
    why: 'Past the end of a text there is no character that any branch takes.',
    keys: ['src/model/json.ts scan EqualityOperator: i < text.length → i <= text.length'],
  },
  {
    why: 'A text begins with a quote, so the one that ends it is never the first character of all.',
    keys: ['src/model/json.ts endOfString EqualityOperator: end >= 0 → end > 0'],
  },
  {
    why: 'The sum of two numbers is even where their difference is.',
    keys: ['src/model/json.ts endOfString ArithmeticOperator: end - before → end + before'],
  },
  {
    why: 'What JSON.parse refuses the slow reader has refused, with its place: this is for a day on which the two differ.',
    keys: [
      `src/model/json.ts parseJson CallExpression: throw new CleanbillError('JSON_MALFORMED', \`\${what} is not valid JSON: \${(cause  → ;`,
      `src/model/json.ts parseJson StringLiteral: 'JSON_MALFORMED' → ""`,
      'src/model/json.ts parseJson ObjectLiteral: { cause } → {}',
    ],
  },
  {
    why: 'A key is read inside an object alone, whose keys stand last in the list; the compiler asks.',
    keys: [
      'src/model/json.ts checkKeys ArrayDeclaration: [] → ["Stryker was here"]',
      'src/model/json.ts checkKeys OptionalChaining: keys?.has → keys.has',
      'src/model/json.ts checkKeys OptionalChaining: keys?.add → keys.add',
    ],
  },
  {
    why: 'What is open is a part of the whole stack, whose length only spares the counting.',
    keys: [
      'src/model/yaml-text.ts tokens ConditionalExpression: parser.stack.length > MAX_YAML_DEPTH → true',
      'src/model/yaml-text.ts tokens EqualityOperator: parser.stack.length > MAX_YAML_DEPTH → parser.stack.length >= MAX_YAML_DEPTH',
    ],
  },
  {
    why: 'Splitting a text gives a first part.',
    keys: [`src/model/yaml-text.ts faultOf StringLiteral: '' → "Stryker was here!"`],
  },
  {
    why: 'Whatever was parsed has a range; the compiler asks.',
    keys: [
      'src/model/yaml-text.ts ambiguousKey OptionalChaining: key.range?.[0] → key.range[0]',
      'src/model/yaml-text.ts ambiguousKey OptionalChaining: key.range?.[0] → key.range[0] (2)',
    ],
  },
  {
    why: 'Each ecosystem is there once, so no two names are equal.',
    keys: [
      'src/model/init-document.ts countEcosystems EqualityOperator: a.ecosystem < b.ecosystem → a.ecosystem <= b.ecosystem',
    ],
  },
]
