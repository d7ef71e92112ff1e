/**
 * Every refusal and every fault has a code. Codes are public API: machines match them, tests assert them.
 *
 * The class of a code decides the exit code (DESIGN §7):
 * `refused` (10): evidence was judged and found wanting. `usage` (2): the caller must change arguments or
 * configuration. `tool` (1): nothing could be judged.
 */
export const ERROR_CODES = {
  // evidence that was judged and refused
  SIGNATURE_INVALID: 'refused',
  SIGNATURE_COUNT: 'refused',
  PAYLOAD_TYPE: 'refused',
  LOG_ENTRY_MISMATCH: 'refused',
  LOG_PROOF_INVALID: 'refused',
  LOG_ENTRY_MISSING: 'refused',
  LOG_ENTRY_UNSUPPORTED: 'refused',
  CERTIFICATE_INVALID: 'refused',
  CERTIFICATE_EXPIRED: 'refused',
  TIME_UNTRUSTED: 'refused',
  TIMESTAMP_INVALID: 'refused',
  KEY_INVALID: 'refused',
  TRUST_DOMAIN: 'refused',
  BUNDLE_MALFORMED: 'refused',
  BUNDLE_VERSION: 'refused',
  IDENTITY_MISMATCH: 'refused',
  ISSUER_MISMATCH: 'refused',
  SIGNER_WORKFLOW: 'refused',
  REF_DENIED: 'refused',
  RUNNER_DENIED: 'refused',
  REPOSITORY_ID_MISMATCH: 'refused',
  SOURCE_DIGEST_MISMATCH: 'refused',
  CLAIM_CONFLICT: 'refused',
  PUBLISH_ATTESTATION_MISSING: 'refused',
  EXTENSION_MALFORMED: 'refused',
  BUILDER_UNTRUSTED: 'refused',
  VSA_REJECTED: 'refused',
  SUBJECT_MISMATCH: 'refused',
  SUBJECT_NAME_MISMATCH: 'refused',
  SUBJECT_CHANGED: 'refused',
  INPUT_CHANGED: 'refused',
  INPUT_MISSING: 'refused',
  STATEMENT_MALFORMED: 'refused',
  PREDICATE_TYPE: 'refused',
  PREDICATE_MALFORMED: 'refused',
  PARAMETERS_UNKNOWN: 'refused',
  JSON_AMBIGUOUS: 'refused',
  JSON_MALFORMED: 'refused',
  BASE64_MALFORMED: 'refused',
  LIMIT_EXCEEDED: 'refused',
  ATTESTATION_ABSENT: 'refused',
  FILE_UNLISTED: 'refused',
  FILE_NAME_MISMATCH: 'refused',
  IGNORE_TOO_WIDE: 'refused',
  LIBRARY_FAULT: 'refused',
  // refused when verifying, a usage error when attesting: the thrower picks with `as: 'usage'`
  SUBJECT_EMPTY: 'refused',
  SUBJECT_LIMIT: 'refused',
  DIGEST_WEAK: 'refused',
  DIGEST_MALFORMED: 'refused',
  PATH_UNSAFE: 'refused',
  // the caller's arguments or configuration
  ARGUMENT_INVALID: 'usage',
  INPUT_INVALID: 'usage',
  PATTERN_NO_MATCH: 'usage',
  PATTERN_UNSAFE: 'usage',
  FILE_NOT_FOUND: 'usage',
  FILE_UNREADABLE: 'usage',
  SUBJECT_NAME_DUPLICATE: 'usage',
  POLICY_NO_IDENTITY: 'usage',
  POLICY_MALFORMED: 'usage',
  POLICY_UNKNOWN_KEY: 'usage',
  POLICY_LOOSENED: 'usage',
  IDENTITY_SOURCE_UNTRUSTED: 'usage',
  LOCK_MALFORMED: 'usage',
  CONFIG_MALFORMED: 'usage',
  RECORDING_MALFORMED: 'usage',
  UNSAFE_TRIGGER: 'usage',
  PUBLIC_LOG: 'usage',
  STORE_NOT_AVAILABLE: 'usage',
  TOKEN_SOURCE: 'usage',
  TOKEN_PERMISSION: 'usage',
  TOKEN_FORK: 'usage',
  TOKEN_AUDIENCE: 'usage',
  TOKEN_MALFORMED: 'usage',
  TOKEN_EXPIRED: 'usage',
  COMMAND_NOT_FOUND: 'usage',
  // nothing could be judged or done
  TOKEN_UNAVAILABLE: 'tool',
  CA_UNAVAILABLE: 'tool',
  CA_REFUSED: 'tool',
  LOG_UNAVAILABLE: 'tool',
  LOG_REFUSED: 'tool',
  TSA_UNAVAILABLE: 'tool',
  SIGNING_FAILED: 'tool',
  SIGNING_PENDING: 'tool',
  STORE_DENIED: 'tool',
  STORE_REFUSED: 'tool',
  STORE_UNAVAILABLE: 'tool',
  STORE_RATE_LIMITED: 'tool',
  REGISTRY_DENIED: 'tool',
  REGISTRY_UNAVAILABLE: 'tool',
  REGISTRY_MALFORMED: 'tool',
  URL_DENIED: 'tool',
  TRUST_ROOT_INVALID: 'tool',
  TRUST_ROOT_STALE: 'tool',
  TRUST_ROOT_UNAVAILABLE: 'tool',
  LIBRARY_TOO_OLD: 'tool',
  NODE_TOO_OLD: 'tool',
  DISK_FULL: 'tool',
  WRITE_FAILED: 'tool',
  INPUT_EMPTY: 'tool',
  DEPENDENCY_FILE_MALFORMED: 'tool',
  DEPENDENCY_FILE_AMBIGUOUS: 'tool',
  DEPENDENCY_FILE_VERSION: 'tool',
  STATE_CHANGED: 'tool',
  BASE_UNREADABLE: 'tool',
  CHANGE_UNREADABLE: 'tool',
  ACCOUNTING: 'tool',
  CONTROL_FAILED: 'tool',
  PROGRAM_CHANGED: 'tool',
  SOURCE_MALFORMED: 'tool',
  INTERNAL_ERROR: 'tool',
} as const

export type ErrorCode = keyof typeof ERROR_CODES
export type ErrorClass = (typeof ERROR_CODES)[ErrorCode]

export interface ErrorDetails {
  /** What the reader can do about it, one sentence. */
  readonly hint?: string | undefined
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly cause?: unknown
  /** Overrides the class of the code where the same fault is the caller's own (attesting) and not evidence's. */
  readonly as?: ErrorClass | undefined
}

/**
 * The one exception of this project. Anything else that reaches `entry/` is a defect and exits as `INTERNAL_ERROR`.
 *
 * @example
 * throw new CleanbillError('FILE_NOT_FOUND', 'no such file: out/model.bin', { hint: 'Check the path of --output.' })
 */
export class CleanbillError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined
  readonly class: ErrorClass

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'CleanbillError'
    this.code = code
    this.hint = details.hint
    this.file = details.file
    this.line = details.line
    this.column = details.column
    this.class = details.as ?? ERROR_CODES[code]
  }
}

export function isCleanbillError(error: unknown): error is CleanbillError {
  return error instanceof CleanbillError
}

/** Something the verdict or the statement does *not* prove (DESIGN §2.6). */
export interface Limit {
  /** Stable code such as `DEPENDENCIES_TENANT_REPORTED`. */
  readonly code: string
  readonly message: string
}
