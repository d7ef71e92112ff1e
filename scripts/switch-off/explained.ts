/** A check that no test can miss, and why. */
export interface Explained {
  /** As `--list` prints it. */
  readonly key: string
  readonly why: string
}

/** Each of these the compiler asks for: without it the value cannot be used, and what comes after says the same. */
const FOR_THE_COMPILER: readonly Explained[] = [
  ...[
    'src/verify/directory-root.ts observeDirectory part: !isCleanbillError(error)',
    'src/verify/verify-model.ts asRefusal part: !isCleanbillError(error)',
    'src/verify/verify-rebuild.ts verifyRebuild part: !isCleanbillError(error)',
  ].map((key) => ({ key, why: 'Only our own errors have the code or class that the other part asks for.' })),
  ...[
    'src/verify/signed-note.ts parseNoteKey part: name === undefined',
    'src/verify/signed-note.ts parseNoteKey part: id === undefined',
    'src/verify/signed-note.ts parseNoteKey part: base64 === undefined',
    'src/verify/signed-note.ts verifyNote part: signer === undefined',
    'src/verify/signed-note.ts verifyNote part: base64 === undefined',
    'src/verify/signed-note.ts verifyChecksumEntry part: size === undefined',
    'src/verify/signed-note.ts verifyChecksumEntry part: root === undefined',
  ].map((key) => ({ key, why: 'The groups of one regular expression match all together or not at all.' })),
  {
    key: "src/verify/trust-material.ts parseTrustedRoot part: typeof json.mediaType !== 'string'",
    why: 'What is no text is not in the list of media types either.',
  },
  {
    key: 'src/verify/verify-attestation.ts checkLogWindow condition: log !== undefined',
    why: 'The library has found the log by this very id before; without it the next part throws, which refuses too.',
  },
  {
    key: 'src/verify/verify-attestation.ts refine part: leaf === undefined',
    why: 'Without a certificate the library never says that one is invalid.',
  },
  {
    key: 'src/verify/verify-registry.ts judgeNpm part: strongest === undefined',
    why: 'Under the name `undefined` the registry states no digest.',
  },
  ...['key.end !== undefined', 'published !== undefined'].map((condition) => ({
    key: `src/verify/verify-registry.ts judgeNpmSignatures condition: ${condition}`,
    why: 'No comparison with `undefined` is true, so the third part says no by itself.',
  })),
  {
    key: 'src/verify/verify-release.ts verifyRelease filter: (hex) => hex !== undefined',
    why: 'The digests that are compared with these were rid of `undefined` themselves.',
  },
]

/** What is remembered is computed again without these: the answer is the same and comes later. */
const FOR_SPEED: readonly Explained[] = [
  ...[
    'src/verify/library-material.ts libraryMaterial list: material.certificateAuthorities',
    'src/verify/library-material.ts libraryMaterial list: material.timestampAuthorities',
    'src/verify/library-material.ts rememberChain guard: remembered !== undefined',
    'src/verify/proven-before.ts rememberSignature answer no: key.equals(proven.key) && content.signature.equals(proven.signature) && content.compareSignedDigest(',
    'src/verify/proven-before.ts rememberSignature condition: isSame(key)',
    'src/verify/proven-before.ts rememberIssuers condition: (bytes !== undefined && issuers.some(({ raw }) => bytes.equals(raw)))',
  ].map((key) => ({ key, why: 'The library computes it again.' })),
  {
    key: 'src/verify/library-material.ts rememberChain guard: !chain.has(by)',
    why: 'The first answer for a certificate is always computed; only which ones are kept in memory differs.',
  },
  {
    key: 'src/verify/library-material.ts rememberEncoding list: more',
    why: 'In a certificate that can be read nothing stands beside the list of extensions (RFC 5280 §4.1).',
  },
  {
    key: 'src/verify/verify-parallel.ts packTasks list: size === 0 ? [] : [bytes.buffer]',
    why: 'Bytes that are not handed over are copied.',
  },
]

/** A second lock on a door that is locked already. */
const SECOND_LOCKS: readonly Explained[] = [
  {
    key: "src/verify/verify-attestation.ts refuseKeys throw: throw new CleanbillError('KEY_INVALID', 'the bundle names a key and a certificate')",
    why: 'The library asks for a key only where there is no certificate, and such a bundle goes another way.',
  },
]

export const EXPLAINED: readonly Explained[] = [...FOR_THE_COMPILER, ...FOR_SPEED, ...SECOND_LOCKS]
