import type { CleanbillError } from './error.ts';
import type { SignerIdentity } from './identity.ts';
import type { JsonObject } from './json.ts';
import type { Statement } from './statement.ts';
/** Which kind of document an attestation came in. */
export type AttestationForm = 'sigstore-bundle' | 'npm' | 'pep740' | 'github-api' | 'dsse';
/** What a signature covers: an envelope (over its PAE) or the bytes of a file themselves. */
export type SignedContent = {
    readonly kind: 'dsse';
    readonly payloadType: string;
    readonly payload: Uint8Array;
    readonly signature: Uint8Array;
    /** Empty when absent. Unsigned. */
    readonly keyid: string;
} | {
    readonly kind: 'message';
    readonly algorithm: 'sha256' | 'sha384' | 'sha512';
    readonly digest: Uint8Array;
    readonly signature: Uint8Array;
};
/** What an attestation brings along to say who signed it. */
export type KeyMaterial = {
    readonly kind: 'certificate';
    readonly chain: readonly Uint8Array[];
} | {
    readonly kind: 'key';
    readonly hint: string;
} | {
    readonly kind: 'none';
};
/** An attestation as it was found: well-formed, and nothing about it believed yet. */
export interface FetchedAttestation {
    readonly form: AttestationForm;
    /** File and position, for messages: `attestations.json #2`. */
    readonly where: string;
    /** Line of a JSON lines file; what stands on one line is one document. Undefined outside such a file. */
    readonly line?: number | undefined;
    readonly content: SignedContent;
    readonly key: KeyMaterial;
    readonly logEntries: readonly LogEntry[];
    readonly timestamps: readonly Uint8Array[];
    /**
     * The bundle in protobuf JSON, rebuilt from what was parsed: the library never sees a byte that we did not read.
     * Undefined where no Sigstore bundle can stand for it (bare DSSE, OMS certificate chains under v0.3).
     */
    readonly bundle: JsonObject | undefined;
    /** predicateType written beside an npm attestation, outside the signature. */
    readonly claimedPredicateType?: string | undefined;
}
/** What of a log entry is needed outside the library. */
export interface LogEntry {
    readonly kind: string;
    readonly version: string;
    readonly logId: Uint8Array;
    /** Decimal text. */
    readonly logIndex: string;
    /** Seconds since 1970; 0 when unset. Counts only together with a promise. */
    readonly integratedTime: number;
    readonly hasPromise: boolean;
}
/** A document may hold good and unreadable attestations side by side; neither hides the other. */
export interface FetchedDocument {
    /** Of JSON lines that of the first readable line: what holds for one form is judged by that of each attestation. */
    readonly form: AttestationForm;
    readonly attestations: readonly FetchedAttestation[];
    readonly unreadable: readonly {
        readonly where: string;
        readonly error: CleanbillError;
        readonly line?: number | undefined;
    }[];
}
/**
 * A document as its source sent it. Reading costs as much as hashing a file does, so whoever verifies it reads it, in the
 * thread where that is done.
 */
export interface UnreadDocument {
    readonly bytes: Uint8Array;
    /** How to call it in messages. */
    readonly where: string;
    /** What was asked for: a document of any other form is no answer. It says which trust may be needed, too. */
    readonly form: 'npm' | 'pep740';
}
/** Where the trust in a verified attestation came from. */
export type TrustDomain = 'sigstore' | 'github' | 'key' | 'private-ca';
export interface Origin {
    readonly form: AttestationForm;
    readonly where: string;
    readonly domain: TrustDomain;
    /** Times that a log or a timestamp authority signed, RFC 3339; empty for a bare key. */
    readonly times: readonly string[];
    /** Index in the transparency log, decimal text, where there is an entry. */
    readonly logIndex?: string | undefined;
    readonly claimedPredicateType?: string | undefined;
}
declare const verified: unique symbol;
/**
 * Signature, log inclusion and time hold. Whether the signer is trusted is policy.
 * Only `verify/verify-attestation.ts` makes one.
 */
export type VerifiedAttestation = {
    readonly [verified]: true;
    readonly statement: Statement;
    readonly signer: SignerIdentity;
    readonly origin: Origin;
};
/** The same for a signature directly over the bytes of a file: it says who, and nothing else. */
export type VerifiedMessage = {
    readonly [verified]: true;
    readonly statement: undefined;
    readonly digest: {
        readonly algorithm: 'sha256' | 'sha384' | 'sha512';
        readonly hex: string;
    };
    readonly signer: SignerIdentity;
    readonly origin: Origin;
};
export {};
