import type { Explained } from './explained.ts'

/** Changes of what compares folders, models, rebuilds, releases and registries that leave every answer as it is. */
export const VERIFY_SUBJECTS: readonly Explained[] = [
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
    why: 'Node says no, and throws nothing, for whatever bytes stand in place of a signature by a key of the kinds that are taken.',
    keys: ['src/verify/signature.ts findEncoding BooleanLiteral: false → true'],
  },
  {
    why: 'Of an issuer whose key Node cannot read it says that it issued nothing, and so it throws nothing.',
    keys: ['src/verify/private-ca.ts issuedBy BooleanLiteral: false → true'],
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
