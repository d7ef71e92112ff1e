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
]
