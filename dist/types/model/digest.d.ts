/**
 * in-toto DigestSet: algorithm → value. Values are lower-case hex for the named algorithms.
 * Source: in-toto attestation framework v1.2, `spec/v1/digest_set.md`.
 */
export type DigestSet = Readonly<Record<string, string>>;
/** Strong enough to identify the bytes of a file. sha1 and md5 are not; gitCommit identifies git objects only. */
export declare const FILE_DIGEST_ALGORITHMS: readonly ['sha256', 'sha384', 'sha512'];
export type FileDigestAlgorithm = (typeof FILE_DIGEST_ALGORITHMS)[number];
export interface Digest {
    readonly algorithm: string;
    readonly hex: string;
}
/**
 * Reads one digest value: hex, lower-cased, of the length its algorithm has.
 *
 * @throws {CleanbillError} `DIGEST_MALFORMED`
 */
export declare function parseDigestValue(algorithm: string, value: unknown): string;
/**
 * Reads `sha256:<hex>`, `sha384:<hex>` or `sha512:<hex>`.
 *
 * @throws {CleanbillError} `DIGEST_MALFORMED`
 */
export declare function parseDigest(text: string): Digest;
/** 40 hexadecimal digits, or 64 in a repository with SHA-256. A short hash can be made to mean another commit. */
export declare function isCommit(text: string | undefined): boolean;
export declare function isFileDigestAlgorithm(name: string): name is FileDigestAlgorithm;
/**
 * Do two sets name the same bytes? At least one strong algorithm must be on both sides, and **every** strong
 * algorithm that is on both sides must agree. The specification is content with one: then `{sha256: A, sha512: X}`
 * would match `{sha256: A, sha512: Y}`, and one of the two is lying.
 */
export declare function digestsMatch(left: DigestSet, right: DigestSet, algorithms?: readonly string[]): boolean;
