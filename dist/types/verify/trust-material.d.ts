import { type KeyObject, X509Certificate } from 'node:crypto';
import type { TrustMaterial as LibraryMaterial } from '@sigstore/verify';
import { type KeyFinder } from './library-material.ts';
/**
 * A trusted root is of one of two kinds, told by what it holds and never by its file name or by the certificate at
 * hand: with logs (`sigstore`: one log entry, one SCT and one time are required) or without (`github`: one timestamp).
 * The thresholds are fixed: the GitHub ones applied to a root with logs would drop the log requirement.
 */
export interface VerificationRoot {
    readonly name: string;
    /** The document itself, for threads that read it again. */
    readonly text: string;
    readonly domain: 'sigstore' | 'github';
    readonly authorities: readonly X509Certificate[];
    readonly logs: readonly {
        readonly id: Uint8Array;
        readonly start: Date;
        readonly end: Date | undefined;
    }[];
    /** Whoever began to count after this moment, it may not name. Undefined where nobody says how old it is. */
    readonly currentUntil: Date | undefined;
    /** The library's own form, with the given finder for bundles that name a key. */
    readonly material: (findKey: KeyFinder) => LibraryMaterial;
}
export declare const THRESHOLDS: {
    readonly sigstore: {
        readonly ctlogThreshold: 1;
        readonly tlogThreshold: 1;
        readonly timestampThreshold: 1;
    };
    readonly github: {
        readonly ctlogThreshold: 0;
        readonly tlogThreshold: 0;
        readonly timestampThreshold: 1;
    };
};
/** A public key that is trusted, with the window in which what it signed counts. */
export interface TrustedKey {
    /** What bundles call it; empty for a key that was given by hand: then any hint may mean it. */
    readonly hint: string;
    readonly key: KeyObject;
    readonly start: Date | undefined;
    readonly end: Date | undefined;
    readonly source: 'key' | 'npm-keys';
    /** Of the list that it comes from; see {@link VerificationRoot}. */
    readonly currentUntil?: Date | undefined;
}
/** Everything that verification may rely on. All of it was chosen by whoever verifies. */
export interface Trust {
    readonly roots: readonly VerificationRoot[];
    readonly keys: readonly TrustedKey[];
    /** Certificates of private CAs. */
    readonly rootCertificates: readonly X509Certificate[];
    /** For certificates of a private CA, whose signatures carry no trusted time. */
    readonly now: Date;
}
export type { LibraryMaterial };
/**
 * Reads a `trusted_root.json`, or JSON lines of them (as `gh attestation trusted-root` prints; the last line may lack
 * its newline).
 *
 * @param currentUntil of the document, which has no date of its own
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`
 */
export declare function parseTrustedRoots(bytes: Uint8Array, name: string, currentUntil?: Date): VerificationRoot[];
/**
 * Reads a public key in PEM: P-256, P-384, P-521, Ed25519 or RSA from 2048 bits.
 *
 * @throws {CleanbillError} `KEY_INVALID`, a usage error
 */
export declare function parsePublicKey(bytes: Uint8Array, name: string): TrustedKey;
/** The hash algorithms a signature with this key may use; undefined for keys that are not accepted. */
export declare function signatureHashes(key: KeyObject): readonly (string | null)[] | undefined;
/**
 * Reads npm's keys: the Sigstore TUF target `registry.npmjs.org/keys.json` (with windows), or what a registry answers
 * on `/-/npm/v1/keys` (with `expires` only).
 *
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`
 */
export declare function parseNpmKeys(bytes: Uint8Array, name: string, currentUntil?: Date): TrustedKey[];
/**
 * Reads the same documents for both usages: `attestations` sign publish attestations, `signatures` what the registry says
 * of a version. A key counts for the usage that it is published for; a document without usages means both.
 *
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`
 */
export declare function parseRegistryKeys(bytes: Uint8Array, name: string): {
    readonly attestations: TrustedKey[];
    readonly signatures: TrustedKey[];
};
/**
 * Reads the certificates of a private CA, PEM, one or several in a file.
 *
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`
 */
export declare function parseRootCertificates(bytes: Uint8Array, name: string): X509Certificate[];
