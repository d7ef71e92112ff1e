import type { Explained } from './explained.ts'

/** Changes of the verifier that leave every answer as it is. */
export const VERIFY: readonly Explained[] = [
  {
    why: 'The first element is the whole match, which nobody reads; the groups stay undefined.',
    keys: [
      'src/verify/signed-note.ts parseNoteKey ArrayDeclaration: [] → ["Stryker was here"]',
      'src/verify/signed-note.ts verifyNote ArrayDeclaration: [] → ["Stryker was here"]',
      'src/verify/signed-note.ts verifyChecksumEntry ArrayDeclaration: [] → ["Stryker was here"]',
    ],
  },
  {
    why: 'The groups of one regular expression match all together or not at all; the compiler asks for each.',
    keys: [
      'src/verify/signed-note.ts parseNoteKey LogicalOperator: name === undefined || id === undefined || base64 === undefined → (name === undefined || id === undefined) && base64 === undefined',
      'src/verify/signed-note.ts parseNoteKey ConditionalExpression: name === undefined || id === undefined → false',
      'src/verify/signed-note.ts parseNoteKey LogicalOperator: name === undefined || id === undefined → name === undefined && id === undefined',
      'src/verify/signed-note.ts parseNoteKey ConditionalExpression: name === undefined → false',
      'src/verify/signed-note.ts parseNoteKey ConditionalExpression: id === undefined → false',
      'src/verify/signed-note.ts parseNoteKey ConditionalExpression: base64 === undefined → false',
      'src/verify/signed-note.ts verifyNote LogicalOperator: signer === undefined || base64 === undefined → signer === undefined && base64 === undefined',
      'src/verify/signed-note.ts verifyNote ConditionalExpression: signer === undefined → false',
      'src/verify/signed-note.ts verifyNote ConditionalExpression: base64 === undefined → false',
      'src/verify/signed-note.ts verifyChecksumEntry LogicalOperator: size === undefined || root === undefined → size === undefined && root === undefined',
      'src/verify/signed-note.ts verifyChecksumEntry ConditionalExpression: size === undefined → false',
      'src/verify/signed-note.ts verifyChecksumEntry ConditionalExpression: root === undefined → false',
    ],
  },
  {
    why: 'The place is odd there, or it is the last one, which is not 0; an even number other than 0 is halved to an odd one.',
    keys: ['src/verify/signed-note.ts rootFrom ConditionalExpression: at !== 0 → true'],
  },
]
