import { describe, expect, it } from 'vitest'
import { CleanbillError } from '../../src/model/error.ts'
import { mapFault } from '../../src/verify/map-fault.ts'

/** As the library's: known by its name, since a second copy of the package has a second class. */
class VerificationError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
class PolicyError extends VerificationError {}
class ValidationError extends Error {}
class RFC3161TimestampVerificationError extends Error {}

const code = (error: unknown) => mapFault(error, 'test').code

describe('mapFault', () => {
  it.for<[string, string, string]>([
    ['TIMESTAMP_ERROR', 'expected 1 timestamps, got 0', 'TIME_UNTRUSTED'],
    ['TIMESTAMP_ERROR', 'expected 12 timestamps, got 0', 'TIME_UNTRUSTED'],
    ['TIMESTAMP_ERROR', 'not the expected 1 timestamps', 'TIMESTAMP_INVALID'],
    ['SIGNATURE_ERROR', 'expected 1 timestamps, got 0', 'SIGNATURE_INVALID'],
    ['SIGNATURE_ERROR', 'duplicate of something', 'SIGNATURE_INVALID'],
    ['SIGNATURE_ERROR', 'unsupported curve', 'SIGNATURE_INVALID'],
    ['TIMESTAMP_ERROR', 'timestamp could not be verified', 'TIMESTAMP_INVALID'],
    ['TLOG_ERROR', 'duplicate tlog entries found', 'LOG_PROOF_INVALID'],
    ['TLOG_ERROR', 'expected 1 tlog entries, got 0', 'LOG_ENTRY_MISSING'],
    ['TLOG_BODY_ERROR', 'unsupported entry kind', 'LOG_ENTRY_UNSUPPORTED'],
    ['TLOG_BODY_ERROR', 'DSSE payload hash mismatch', 'LOG_ENTRY_MISMATCH'],
    ['TLOG_INCLUSION_PROOF_ERROR', '', 'LOG_PROOF_INVALID'],
    ['TLOG_INCLUSION_PROMISE_ERROR', '', 'LOG_PROOF_INVALID'],
    ['TLOG_MISSING_INCLUSION_ERROR', '', 'LOG_PROOF_INVALID'],
    ['CERTIFICATE_ERROR', '', 'CERTIFICATE_INVALID'],
    ['PUBLIC_KEY_ERROR', '', 'KEY_INVALID'],
    ['SIGNATURE_ERROR', '', 'SIGNATURE_INVALID'],
    ['NOT_IMPLEMENTED_ERROR', '', 'LIBRARY_FAULT'],
    ['SOMETHING_NEW', '', 'LIBRARY_FAULT'],
  ])('calls %s (%s) of the library %s', ([given, message, expected]) => {
    expect(code(new VerificationError(given, message))).toBe(expected)
    expect(code(new PolicyError(given, message))).toBe(expected)
  })

  it('says where it was, what the library said and what may help', () => {
    const error = new VerificationError('TIMESTAMP_ERROR', 'no good')
    const mapped = mapFault(error, 'a.json #1')
    expect(mapped.message).toBe('a.json #1: no good')
    expect(mapped.hint).toMatch(/trusted root may be too old/)
    expect(mapped.cause).toBe(error)
  })

  it('names the class of a fault that is none of the checks', () => {
    expect(mapFault(new TypeError('no good'), 'a.json').message).toBe('a.json: TypeError: no good')
    expect(mapFault('no good', 'a.json').message).toBe('a.json: unknown: not an error')
  })

  it('leaves a refusal of ours as it is', () => {
    const own = new CleanbillError('DIGEST_WEAK', 'weak')
    expect(mapFault(own, 'a.json')).toBe(own)
  })

  it('knows the errors that have no code by their class, and no others', () => {
    expect(code(new RFC3161TimestampVerificationError('x'))).toBe('TIMESTAMP_INVALID')
    expect(code(new ValidationError('x'))).toBe('BUNDLE_MALFORMED')
    expect(code(new TypeError('x'))).toBe('LIBRARY_FAULT')
    expect(code(Object.assign(new Error('x'), { code: 'SIGNATURE_ERROR' }))).toBe('LIBRARY_FAULT')
  })

  it('takes a thrown value that is no error for a fault of the library', () => {
    for (const value of ['text', null, undefined, { message: 'x' }]) expect(code(value)).toBe('LIBRARY_FAULT')
  })
})
