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
  {
    why: 'A filter takes undefined for no.',
    keys: ['src/verify/verify-attestation.ts isIssuer BlockStatement: { return false } → {}'],
  },
  {
    why: 'Only a bare envelope has no key material; a signature over a file always comes in a bundle, which has some.',
    keys: [
      `src/verify/verify-attestation.ts proveKey ConditionalExpression: content.kind === 'dsse' → true`,
      `src/verify/verify-attestation.ts proveKey StringLiteral: '' → "Stryker was here!"`,
    ],
  },
  {
    why: 'The library asks for a key only where there is no certificate, and such a bundle goes another way.',
    keys: [
      `src/verify/verify-attestation.ts refuseKeys BlockStatement: { throw new CleanbillError('KEY_INVALID', 'the bundle names a key and a certific → {}`,
      `src/verify/verify-attestation.ts refuseKeys StringLiteral: 'KEY_INVALID' → ""`,
    ],
  },
  {
    why: 'The library looks at the bytes of a file only where the bundle holds a signature over a file.',
    keys: [`src/verify/verify-attestation.ts verifyWithRoot ConditionalExpression: content.kind === 'message' → true`],
  },
  {
    why: 'What is handed over saves the library work; without it the library computes the same.',
    keys: [
      `src/verify/verify-attestation.ts verifyWithRoot ConditionalExpression: entity.key.$case === 'certificate' → false`,
      `src/verify/verify-attestation.ts verifyWithRoot StringLiteral: 'certificate' → ""`,
      'src/verify/verify-attestation.ts verifyWithRoot BlockStatement: { rememberEncoding(entity.key.certificate) if (issued !== undefined) rememberIss → {}',
      'src/verify/verify-attestation.ts verifyWithRoot CallExpression: rememberEncoding(entity.key.certificate) → ;',
      'src/verify/verify-attestation.ts verifyWithRoot ConditionalExpression: issued !== undefined → false',
      'src/verify/verify-attestation.ts verifyWithRoot EqualityOperator: issued !== undefined → issued === undefined',
      'src/verify/verify-attestation.ts verifyWithRoot CallExpression: rememberIssuers(entity.key.certificate, issued.leaf.der, issued.issuers) → ;',
      'src/verify/verify-attestation.ts verifyWithRoot ConditionalExpression: proven !== undefined → false',
      'src/verify/verify-attestation.ts verifyWithRoot CallExpression: rememberSignature(entity.signature, proven) → ;',
    ],
  },
  {
    why: 'A bundle with a certificate is always given with the roots that issued it.',
    keys: ['src/verify/verify-attestation.ts verifyWithRoot ConditionalExpression: issued !== undefined → true'],
  },
  {
    why: 'Of the kinds that the library lets through only dsse 0.0.2 is not in the list, and that is short.',
    keys: [
      `src/verify/verify-attestation.ts verifyWithRoot MethodExpression: \`\${entry.kind}/\${entry.version}\`.slice(0, 60) → \`\${entry.kind}/\${entry.version}\``,
    ],
  },
  {
    why: 'The library has found the log by this very id before.',
    keys: ['src/verify/verify-attestation.ts checkLogWindow ConditionalExpression: log !== undefined → true'],
  },
  {
    why: 'Without a certificate the library never says that one is invalid.',
    keys: ['src/verify/verify-attestation.ts refine ConditionalExpression: leaf === undefined → false'],
  },
  {
    why: 'Neither of the two texts is a package URL.',
    keys: [`src/verify/verify-subject.ts hasPurl StringLiteral: '' → "Stryker was here!"`],
  },
  {
    why: 'A subject that is compared has a strong digest, so there is a first one.',
    keys: [
      'src/verify/verify-subject.ts subjectMismatch OptionalChaining: Object.entries(other.digest)[0]?.join → Object.entries(other.digest)[0].join',
      `src/verify/verify-subject.ts subjectMismatch StringLiteral: '' → "Stryker was here!"`,
    ],
  },
]
