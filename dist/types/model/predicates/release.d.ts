/**
 * Source: in-toto/attestation `spec/predicates/release.md`. Its page says 0.2 while schema and examples write v0.1, and
 * GitHub emits v0.2: both are read.
 */
export declare const RELEASE_V01 = "https://in-toto.io/attestation/release/v0.1";
export declare const RELEASE_V02 = "https://in-toto.io/attestation/release/v0.2";
/** That these files are release `purl`; one statement should name all files of the release. */
export interface ReleasePredicate {
    /** Package URL with a version. */
    readonly purl: string;
    /** v0.2; called `releaseId` in v0.1. */
    readonly packageId?: string | undefined;
    readonly releaseId?: string | undefined;
}
/** @throws {CleanbillError} `PREDICATE_MALFORMED` */
export declare function parseRelease(predicate: unknown): ReleasePredicate;
