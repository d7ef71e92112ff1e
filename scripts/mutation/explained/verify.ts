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
    why: 'Where there is no subject nothing of it is unlike, and the limit is given back before.',
    keys: [
      'src/verify/verify-directory.ts verifyDirectoryNames OptionalChaining: subjects[0]?.name → subjects[0].name',
    ],
  },
  {
    why: 'A text in place of a byproduct has no annotations, so it is no manifest.',
    keys: ['src/verify/verify-directory.ts manifestDigests ArrayDeclaration: [] → ["Stryker was here"] (3)'],
  },
  {
    why: 'A subject without a name has no manifest, so its own is not compared.',
    keys: ['src/verify/verify-directory.ts manifestDigest StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'Neither the role nor the kind is written into a manifest.',
    keys: [
      'src/verify/verify-directory.ts manifestDigest StringLiteral: \'\' → "Stryker was here!" (2)',
      'src/verify/verify-directory.ts manifestDigest StringLiteral: \'directory\' → ""',
    ],
  },
  {
    why: 'No file of a model lies at the path that stands there in place of none.',
    keys: [
      'src/verify/verify-listing.ts verifyModelListing ArrayDeclaration: [] → ["Stryker was here"] (2)',
      'src/verify/verify-model.ts verifyModel ArrayDeclaration: [] → ["Stryker was here"]',
      'src/verify/verify-model.ts verifyModel ArrayDeclaration: [] → ["Stryker was here"] (2)',
    ],
  },
  {
    why: 'Of the serialization only whether it is in shards is asked after this.',
    keys: [
      "src/verify/verify-model.ts fromOldStatement ObjectLiteral: { method: 'files', hash_type: 'sha256', allow_symlinks: false } → {}",
      'src/verify/verify-model.ts fromOldStatement StringLiteral: \'files\' → ""',
      'src/verify/verify-model.ts fromOldStatement StringLiteral: \'sha256\' → "" (2)',
      'src/verify/verify-model.ts fromOldStatement BooleanLiteral: false → true',
    ],
  },
  {
    why: 'As many digests come back as there are parts.',
    keys: ['src/verify/verify-model.ts compareFiles OptionalChaining: parts[index]?.digest → parts[index].digest'],
  },
  {
    why: 'Files have several parts only in shards, and each shard has a range.',
    keys: [
      'src/verify/verify-model.ts expectedParts OptionalChaining: a.range?.start → a.range.start',
      'src/verify/verify-model.ts expectedParts OptionalChaining: b.range?.start → b.range.start',
      'src/verify/verify-model.ts checkRanges OptionalChaining: range?.start → range.start',
    ],
  },
  {
    why: 'A text is the issuer of nothing: a certificate is refused either way, and what is refused is left out.',
    keys: ['src/verify/verify-rebuild.ts verifyRebuild ArrayDeclaration: [] → ["Stryker was here"] (2)'],
  },
  {
    why: 'Without the bytes of a file a signature over them is never verified, so there is a statement.',
    keys: [
      'src/verify/verify-rebuild.ts verifyRebuild ConditionalExpression: statement === undefined → false',
      'src/verify/verify-rebuild.ts verifyRebuild ArrayDeclaration: [] → ["Stryker was here"] (3)',
    ],
  },
  {
    why: 'A filter takes undefined for no.',
    keys: [
      'src/verify/private-ca.ts issuedBy BlockStatement: { return false } → {}',
      'src/verify/signature.ts findEncoding BlockStatement: { return false } → {}',
    ],
  },
  {
    why: 'Node reads the encoding for ECDSA only.',
    keys: ["src/verify/signature.ts findEncoding ConditionalExpression: key.asymmetricKeyType === 'ec' → true"],
  },
  {
    why: 'No hash has that name, so nothing verifies with it.',
    keys: ['src/verify/signature.ts findEncoding ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'The bundle has log entries, so nothing is put in their place.',
    keys: ['src/verify/negative-control.ts splicedLogEntry ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'The lists that are compared hold a digest in each file.',
    keys: [
      'src/verify/verify-registry-files.ts describe StringLiteral: \'\' → "Stryker was here!"',
      'src/verify/verify-registry-files.ts describe StringLiteral: \'\' → "Stryker was here!" (2)',
      'src/verify/verify-registry-files.ts describe ArrayDeclaration: [] → ["Stryker was here"]',
    ],
  },
  {
    why: 'The digest that is stated was read from the integrity of this file.',
    keys: [
      'src/verify/verify-registry.ts judgeNpm OptionalChaining: file?.integrity → file.integrity',
      'src/verify/verify-registry.ts judgeNpm StringLiteral: \'\' → "Stryker was here!"',
      'src/verify/verify-registry.ts publishedAt OptionalChaining: files[0]?.publishedAt → files[0].publishedAt',
    ],
  },
  {
    why: 'Under the name `undefined` the registry states no digest.',
    keys: ['src/verify/verify-registry.ts judgeNpm ConditionalExpression: strongest === undefined → false'],
  },
  {
    why: 'Without a value the function gives undefined by itself.',
    keys: ['src/verify/verify-registry.ts statedByNpm BlockStatement: { return undefined } → {}'],
  },
  {
    why: 'No comparison with `undefined` is true, so the third part says no by itself.',
    keys: [
      'src/verify/verify-registry.ts judgeNpmSignatures ConditionalExpression: key.end !== undefined && published !== undefined → true',
      'src/verify/verify-registry.ts judgeNpmSignatures LogicalOperator: key.end !== undefined && published !== undefined → key.end !== undefined || published !== undefined',
      'src/verify/verify-registry.ts judgeNpmSignatures ConditionalExpression: key.end !== undefined → true',
      'src/verify/verify-registry.ts judgeNpmSignatures ConditionalExpression: published !== undefined → true',
    ],
  },
  {
    why: 'The date of `undefined` is no number either.',
    keys: ['src/verify/verify-registry.ts publishedAt ConditionalExpression: text === undefined → false'],
  },
  {
    why: 'A public key has details; the compiler does not know that.',
    keys: [
      'src/verify/verify-registry.ts holds OptionalChaining: key.asymmetricKeyDetails?.namedCurve → key.asymmetricKeyDetails.namedCurve',
    ],
  },
  {
    why: 'Undefined is as little a signature that holds as false is.',
    keys: ['src/verify/verify-registry.ts holds BlockStatement: { return false } → {}'],
  },
  {
    why: 'Node says no, and throws nothing, for whatever bytes stand in place of a signature by a P-256 key.',
    keys: ['src/verify/verify-registry.ts holds BooleanLiteral: false → true'],
  },
  {
    why: 'A record without a version, or of the version `Stryker was here!`, stands in no log.',
    keys: ['src/verify/verify-registry.ts judgeGo StringLiteral: \'\' → "Stryker was here!"'],
  },
  {
    why: 'The digests that are compared with these were rid of `undefined` themselves.',
    keys: [
      'src/verify/verify-release.ts verifyRelease MethodExpression: [digests.gitCommit, digests.gitTag].filter((hex) => hex !== undefined) → [digests.gitCommit, digests.gitTag]',
      'src/verify/verify-release.ts verifyRelease ConditionalExpression: hex !== undefined → true',
    ],
  },
  {
    why: 'Neither of the two texts is a package URL.',
    keys: ['src/verify/verify-release.ts checkNames StringLiteral: \'\' → "Stryker was here!"'],
  },
]
