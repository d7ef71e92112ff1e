/**
 * Every refusal and every fault has a code. Codes are public API: machines match them, tests assert them.
 *
 * The class of a code decides the exit code (DESIGN §7):
 * `refused` (10): evidence was judged and found wanting. `usage` (2): the caller must change arguments or
 * configuration. `tool` (1): nothing could be judged.
 */
export declare const ERROR_CODES: {
    readonly SIGNATURE_INVALID: 'refused';
    readonly SIGNATURE_COUNT: 'refused';
    readonly PAYLOAD_TYPE: 'refused';
    readonly LOG_ENTRY_MISMATCH: 'refused';
    readonly LOG_PROOF_INVALID: 'refused';
    readonly LOG_ENTRY_MISSING: 'refused';
    readonly LOG_ENTRY_UNSUPPORTED: 'refused';
    readonly CERTIFICATE_INVALID: 'refused';
    readonly CERTIFICATE_EXPIRED: 'refused';
    readonly TIME_UNTRUSTED: 'refused';
    readonly TIMESTAMP_INVALID: 'refused';
    readonly KEY_INVALID: 'refused';
    readonly TRUST_DOMAIN: 'refused';
    readonly BUNDLE_MALFORMED: 'refused';
    readonly BUNDLE_VERSION: 'refused';
    readonly IDENTITY_MISMATCH: 'refused';
    readonly ISSUER_MISMATCH: 'refused';
    readonly SIGNER_WORKFLOW: 'refused';
    readonly REF_DENIED: 'refused';
    readonly RUNNER_DENIED: 'refused';
    readonly REPOSITORY_ID_MISMATCH: 'refused';
    readonly SOURCE_DIGEST_MISMATCH: 'refused';
    readonly CLAIM_CONFLICT: 'refused';
    readonly PUBLISH_ATTESTATION_MISSING: 'refused';
    readonly EXTENSION_MALFORMED: 'refused';
    readonly BUILDER_UNTRUSTED: 'refused';
    readonly VSA_REJECTED: 'refused';
    readonly SUBJECT_MISMATCH: 'refused';
    readonly SUBJECT_NAME_MISMATCH: 'refused';
    readonly SUBJECT_CHANGED: 'refused';
    readonly INPUT_CHANGED: 'refused';
    readonly INPUT_MISSING: 'refused';
    readonly STATEMENT_MALFORMED: 'refused';
    readonly PREDICATE_TYPE: 'refused';
    readonly PREDICATE_MALFORMED: 'refused';
    readonly PARAMETERS_UNKNOWN: 'refused';
    readonly JSON_AMBIGUOUS: 'refused';
    readonly JSON_MALFORMED: 'refused';
    readonly BASE64_MALFORMED: 'refused';
    readonly LIMIT_EXCEEDED: 'refused';
    readonly ATTESTATION_ABSENT: 'refused';
    readonly FILE_UNLISTED: 'refused';
    readonly FILE_NAME_MISMATCH: 'refused';
    readonly IGNORE_TOO_WIDE: 'refused';
    readonly LIBRARY_FAULT: 'refused';
    readonly SUBJECT_EMPTY: 'refused';
    readonly SUBJECT_LIMIT: 'refused';
    readonly DIGEST_WEAK: 'refused';
    readonly DIGEST_MALFORMED: 'refused';
    readonly PATH_UNSAFE: 'refused';
    readonly ARGUMENT_INVALID: 'usage';
    readonly INPUT_INVALID: 'usage';
    readonly PATTERN_NO_MATCH: 'usage';
    readonly PATTERN_UNSAFE: 'usage';
    readonly FILE_NOT_FOUND: 'usage';
    readonly FILE_UNREADABLE: 'usage';
    readonly SUBJECT_NAME_DUPLICATE: 'usage';
    readonly POLICY_NO_IDENTITY: 'usage';
    readonly POLICY_MALFORMED: 'usage';
    readonly POLICY_UNKNOWN_KEY: 'usage';
    readonly POLICY_LOOSENED: 'usage';
    readonly IDENTITY_SOURCE_UNTRUSTED: 'usage';
    readonly LOCK_MALFORMED: 'usage';
    readonly CONFIG_MALFORMED: 'usage';
    readonly RECORDING_MALFORMED: 'usage';
    readonly UNSAFE_TRIGGER: 'usage';
    readonly PUBLIC_LOG: 'usage';
    readonly STORE_NOT_AVAILABLE: 'usage';
    readonly TOKEN_SOURCE: 'usage';
    readonly TOKEN_PERMISSION: 'usage';
    readonly TOKEN_FORK: 'usage';
    readonly TOKEN_AUDIENCE: 'usage';
    readonly TOKEN_MALFORMED: 'usage';
    readonly TOKEN_EXPIRED: 'usage';
    readonly COMMAND_NOT_FOUND: 'usage';
    readonly TOKEN_UNAVAILABLE: 'tool';
    readonly CA_UNAVAILABLE: 'tool';
    readonly CA_REFUSED: 'tool';
    readonly LOG_UNAVAILABLE: 'tool';
    readonly LOG_REFUSED: 'tool';
    readonly TSA_UNAVAILABLE: 'tool';
    readonly SIGNING_FAILED: 'tool';
    readonly SIGNING_PENDING: 'tool';
    readonly STORE_DENIED: 'tool';
    readonly STORE_REFUSED: 'tool';
    readonly STORE_UNAVAILABLE: 'tool';
    readonly STORE_RATE_LIMITED: 'tool';
    readonly REGISTRY_DENIED: 'tool';
    readonly REGISTRY_UNAVAILABLE: 'tool';
    readonly REGISTRY_MALFORMED: 'tool';
    readonly URL_DENIED: 'tool';
    readonly TRUST_ROOT_INVALID: 'tool';
    readonly TRUST_ROOT_STALE: 'tool';
    readonly TRUST_ROOT_UNAVAILABLE: 'tool';
    readonly LIBRARY_TOO_OLD: 'tool';
    readonly NODE_TOO_OLD: 'tool';
    readonly DISK_FULL: 'tool';
    readonly WRITE_FAILED: 'tool';
    readonly INPUT_EMPTY: 'tool';
    readonly DEPENDENCY_FILE_MALFORMED: 'tool';
    readonly DEPENDENCY_FILE_AMBIGUOUS: 'tool';
    readonly DEPENDENCY_FILE_VERSION: 'tool';
    readonly STATE_CHANGED: 'tool';
    readonly BASE_UNREADABLE: 'tool';
    readonly CHANGE_UNREADABLE: 'tool';
    readonly ACCOUNTING: 'tool';
    readonly CONTROL_FAILED: 'tool';
    readonly PROGRAM_CHANGED: 'tool';
    readonly SOURCE_MALFORMED: 'tool';
    readonly INTERNAL_ERROR: 'tool';
};
export type ErrorCode = keyof typeof ERROR_CODES;
export type ErrorClass = (typeof ERROR_CODES)[ErrorCode];
export interface ErrorDetails {
    /** What the reader can do about it, one sentence. */
    readonly hint?: string | undefined;
    readonly file?: string | undefined;
    readonly line?: number | undefined;
    readonly column?: number | undefined;
    readonly cause?: unknown;
    /** Overrides the class of the code where the same fault is the caller's own (attesting) and not evidence's. */
    readonly as?: ErrorClass | undefined;
}
/**
 * The one exception of this project. Anything else that reaches `entry/` is a defect and exits as `INTERNAL_ERROR`.
 *
 * @example
 * throw new CleanbillError('FILE_NOT_FOUND', 'no such file: out/model.bin', { hint: 'Check the path of --output.' })
 */
export declare class CleanbillError extends Error {
    readonly code: ErrorCode;
    readonly hint: string | undefined;
    readonly file: string | undefined;
    readonly line: number | undefined;
    readonly column: number | undefined;
    readonly class: ErrorClass;
    constructor(code: ErrorCode, message: string, details?: ErrorDetails);
}
export declare function isCleanbillError(error: unknown): error is CleanbillError;
/** Something the verdict or the statement does *not* prove (DESIGN §2.6). */
export interface Limit {
    /** Stable code such as `DEPENDENCIES_TENANT_REPORTED`. */
    readonly code: string;
    readonly message: string;
}
