import { CleanbillError, type ErrorCode, isCleanbillError } from '../model/error.ts'

/** Codes of `VerificationError` in @sigstore/verify 4.1 → ours. `CERTIFICATE_ERROR` is refined by the caller. */
const LIBRARY_CODES: Readonly<Record<string, ErrorCode>> = {
  TLOG_ERROR: 'LOG_ENTRY_MISSING',
  TLOG_INCLUSION_PROOF_ERROR: 'LOG_PROOF_INVALID',
  TLOG_INCLUSION_PROMISE_ERROR: 'LOG_PROOF_INVALID',
  TLOG_MISSING_INCLUSION_ERROR: 'LOG_PROOF_INVALID',
  TLOG_BODY_ERROR: 'LOG_ENTRY_MISMATCH',
  CERTIFICATE_ERROR: 'CERTIFICATE_INVALID',
  PUBLIC_KEY_ERROR: 'KEY_INVALID',
  SIGNATURE_ERROR: 'SIGNATURE_INVALID',
  TIMESTAMP_ERROR: 'TIMESTAMP_INVALID',
}

const HINTS: Partial<Record<ErrorCode, string>> = {
  TIMESTAMP_INVALID: 'If the signature is recent, the trusted root may be too old to know the timestamp authority.',
  LOG_PROOF_INVALID: 'If the signature is recent, the trusted root may be too old to know the log.',
  SIGNATURE_INVALID: 'What was signed is not what is here: the payload, the signature or the key was changed.',
  LOG_ENTRY_MISMATCH: 'The log entry belongs to another signature.',
}

/**
 * Turns whatever came out of the library into a refusal with a code of ours. A class that is not known is
 * `LIBRARY_FAULT`: being refused by luck is still a refusal, but it must not look like one of the checks (T-CR-16).
 */
export function mapFault(error: unknown, where: string): CleanbillError {
  if (isCleanbillError(error)) return error
  const name = error instanceof Error ? error.name : 'unknown'
  const text = error instanceof Error ? error.message : 'not an error'
  const code = codeOf(error)
  return new CleanbillError(code, `${where}: ${code === 'LIBRARY_FAULT' ? `${name}: ` : ''}${text}`, {
    cause: error,
    hint: HINTS[code],
  })
}

function codeOf(error: unknown): ErrorCode {
  if (!(error instanceof Error)) return 'LIBRARY_FAULT'
  // By name, not instanceof: a bundler or a second copy of the package makes a second class.
  const kind = error.constructor.name
  if (kind === 'VerificationError' || kind === 'PolicyError') {
    const code = (error as { code?: unknown }).code
    if (code === 'TIMESTAMP_ERROR' && /^expected \d+ timestamps/.test(error.message)) return 'TIME_UNTRUSTED'
    if (code === 'TLOG_ERROR' && error.message.startsWith('duplicate')) return 'LOG_PROOF_INVALID'
    if (code === 'TLOG_BODY_ERROR' && error.message.startsWith('unsupported')) return 'LOG_ENTRY_UNSUPPORTED'
    return LIBRARY_CODES[String(code)] ?? 'LIBRARY_FAULT'
  }
  if (kind === 'RFC3161TimestampVerificationError') return 'TIMESTAMP_INVALID'
  if (kind === 'ValidationError') return 'BUNDLE_MALFORMED'
  return 'LIBRARY_FAULT'
}
