import type { Explained } from './explained.ts'

/** Changes of what verifies attestations that leave every answer as it is. */
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
  {
    why: 'The table ends with a rule that covers everything; the compiler does not know that.',
    keys: [
      'src/verify/evidence-subject.ts verifyTarget OptionalChaining: RULES.find(({ covers }) => covers(target, source, attestation))?.check → RULES.find(({ covers }) => covers(target, source, attestation)).check',
    ],
  },
  {
    why: 'Neither of the two texts is a package URL, nor the name of a Python file.',
    keys: [
      'src/verify/evidence-subject.ts checkNpm StringLiteral: \'\' → "Stryker was here!"',
      'src/verify/evidence-subject.ts checkPython StringLiteral: \'\' → "Stryker was here!"',
      'src/verify/evidence-subject.ts checkPythonRelease StringLiteral: \'\' → "Stryker was here!"',
    ],
  },
  {
    why: 'Neither of the two texts has a repository among its parameters.',
    keys: ['src/verify/image-name.ts sameImage StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'Only a name with a line break is read otherwise, and no reference of an image has one.',
    keys: ['src/verify/image-name.ts canonical Regex: /@.*$/ → /@.*/'],
  },
  {
    why: 'The text `undefined` is no build type of npm.',
    keys: ['src/verify/verify-claims-v02.ts claimPairsV02 ConditionalExpression: buildType === undefined → false'],
  },
  {
    why: 'A text in place of a pair has no members, and where either side is absent nothing is compared.',
    keys: ['src/verify/verify-claims-v02.ts claimPairsV02 ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'Where the provenance says no path nothing is compared with the one in the certificate.',
    keys: ['src/verify/verify-claims.ts certifiedPath ConditionalExpression: path === undefined → false'],
  },
  {
    why: 'The parser of provenance puts an empty object where there is none.',
    keys: [
      'src/verify/verify-claims.ts platformPairs OptionalChaining: buildDefinition.internalParameters?.github → buildDefinition.internalParameters.github',
      'src/verify/verify-claims.ts runPairs OptionalChaining: runDetails.metadata?.invocationId → runDetails.metadata.invocationId',
    ],
  },
  {
    why: 'A text in place of a dependency has neither a URI nor a digest, and where either side is absent nothing is compared.',
    keys: [
      'src/verify/verify-claims.ts commitPairs ArrayDeclaration: [] → ["Stryker was here"]',
      'src/verify/verify-claims.ts commitPairs ArrayDeclaration: [] → ["Stryker was here"] (2)',
    ],
  },
  {
    why: 'The list of files without a digest is not empty where this is asked.',
    keys: ['src/verify/verify-evidence.ts needsDigests StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'Only what holds a statement comes here, and a statement comes in an envelope.',
    keys: [
      "src/verify/verify-evidence.ts payloadOf ConditionalExpression: content.kind === 'dsse' → true",
      "src/verify/verify-together.ts payloadDigest ConditionalExpression: content.kind === 'dsse' → true",
    ],
  },
  {
    why: 'What has no attestation was refused or cannot be judged, which the next parts ask.',
    keys: ['src/verify/verify-evidence.ts toAccepted ConditionalExpression: attestation === undefined → false'],
  },
  {
    why: 'What cannot be judged is given back without an attestation, which the first part asks.',
    keys: ['src/verify/verify-evidence.ts toAccepted ConditionalExpression: unsupported !== undefined → false'],
  },
  {
    why: 'Without an attestation an outcome is not good, which the next part says too.',
    keys: ['src/verify/verify-together.ts refuseTwins ConditionalExpression: attestation === undefined → false'],
  },
  {
    why: 'Every key that is looked up made a group of its own.',
    keys: ['src/verify/verify-together.ts refuseTwins ArrayDeclaration: [] → ["Stryker was here"] (2)'],
  },
  {
    why: 'Only good outcomes are asked, and those have an attestation.',
    keys: ['src/verify/verify-together.ts isPublish OptionalChaining: attestation?.statement → attestation.statement'],
  },
  {
    why: 'A member that is undefined means the same as one that is absent; the compiler wants it absent.',
    keys: ['src/verify/directory-root.ts observeDirectory ConditionalExpression: onBytes === undefined → false'],
  },
  {
    why: 'The root is made of the digests alone.',
    keys: ['src/verify/directory-root.ts observeDirectory StringLiteral: \'sha256\' → ""'],
  },
  {
    why: 'No file is a directory too, so two names differ in a part that both have, and the loop ends there.',
    keys: [
      'src/verify/directory-root.ts compareParts EqualityOperator: i < Math.min(a.length, b.length) → i <= Math.min(a.length, b.length)',
      'src/verify/directory-root.ts compareParts MethodExpression: Math.min(a.length, b.length) → Math.max(a.length, b.length)',
      'src/verify/directory-root.ts compareParts StringLiteral: \'\' → "Stryker was here!"',
      'src/verify/directory-root.ts compareParts StringLiteral: \'\' → "Stryker was here!" (2)',
      'src/verify/directory-root.ts compareParts ArithmeticOperator: a.length - b.length → a.length + b.length',
    ],
  },
  {
    why: 'What is no text is not in the list of media types either.',
    keys: [
      "src/verify/trust-material.ts parseTrustedRoot ConditionalExpression: typeof json.mediaType !== 'string' → false",
    ],
  },
  {
    why: 'A CA without a chain cannot be read by the library either: the root is refused with the same code.',
    keys: [
      'src/verify/trust-material.ts parseTrustedRoot OptionalChaining: entry.certChain?.certificates → entry.certChain.certificates',
      'src/verify/trust-material.ts parseTrustedRoot ArrayDeclaration: [] → ["Stryker was here"]',
    ],
  },
  {
    why: 'The windows of all logs were checked before, so there are a key and a window.',
    keys: [
      'src/verify/trust-material.ts parseTrustedRoot OptionalChaining: log.publicKey?.validFor?.start → log.publicKey?.validFor.start',
      'src/verify/trust-material.ts parseTrustedRoot OptionalChaining: log.publicKey?.validFor → log.publicKey.validFor',
      'src/verify/trust-material.ts parseTrustedRoot OptionalChaining: log.publicKey?.validFor?.end → log.publicKey?.validFor.end',
      'src/verify/trust-material.ts parseTrustedRoot OptionalChaining: log.publicKey?.validFor → log.publicKey.validFor (2)',
    ],
  },
  {
    why: 'The library has read the log before, and fails at one without an id: the root is refused with the same code.',
    keys: ['src/verify/trust-material.ts parseTrustedRoot OptionalChaining: log.logId?.keyId → log.logId.keyId'],
  },
  {
    why: 'A public key has details; the compiler does not know that.',
    keys: [
      'src/verify/trust-material.ts signatureHashes OptionalChaining: details?.modulusLength → details.modulusLength',
      'src/verify/trust-material.ts signatureHashes OptionalChaining: details?.namedCurve → details.namedCurve',
      'src/verify/trust-material.ts signatureHashes OptionalChaining: details?.namedCurve → details.namedCurve (2)',
      'src/verify/trust-material.ts signatureHashes OptionalChaining: details?.namedCurve → details.namedCurve (3)',
    ],
  },
  {
    why: 'Only keys on elliptic curves have a named curve, and without one of the three the answer is the same.',
    keys: ["src/verify/trust-material.ts signatureHashes ConditionalExpression: type !== 'ec' → false"],
  },
  {
    why: 'Any other error has none of the codes that are asked for after this.',
    keys: ['src/verify/stale-root.ts orStale ConditionalExpression: !(error instanceof CleanbillError) → false'],
  },
  {
    why: 'The first of a list that holds no undefined is not undefined, and of an empty list no root is found to be old.',
    keys: ['src/verify/stale-root.ts orStale ConditionalExpression: what === undefined → false'],
  },
  {
    why: 'Nobody calls it: the material is asked for its authorities alone.',
    keys: [
      "src/verify/stale-root.ts noKey BlockStatement: { throw new CleanbillError('KEY_INVALID', 'no key is looked up here') } → {}",
      'src/verify/stale-root.ts noKey StringLiteral: \'KEY_INVALID\' → ""',
    ],
  },
  {
    why: 'No comparison with `undefined` is true, so what is compared says no by itself.',
    keys: ['src/verify/stale-root.ts isBefore ConditionalExpression: until !== undefined → true'],
  },
  {
    why: 'A root is found to be old only where there is a day until which it was current.',
    keys: ['src/verify/stale-root.ts stale OptionalChaining: until?.toISOString → until.toISOString'],
  },
  {
    why: 'The verifier does not use it: tests of other rooms make their evidence with it.',
    keys: [
      `src/verify/suppose.ts supposeVerified BlockStatement: { // Sound for its one use: see above. The type says "verified", and the test's  → {}`,
    ],
  },
]
