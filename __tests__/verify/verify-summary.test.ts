import { describe, expect, it } from 'vitest'
import type { Statement } from '../../src/model/statement.ts'
import { verifySummary } from '../../src/verify/verify-summary.ts'
import { codeOf, statementAbout } from '../support/real-signer.ts'

function summary(verificationResult: string, more: object = {}, predicateType = 'verification_summary/v1'): Statement {
  return statementAbout('x', {
    predicateType: `https://slsa.dev/${predicateType}`,
    predicate: {
      verifier: { id: 'https://example.com/verifier' },
      timeVerified: '2026-01-01T00:00:00Z',
      resourceUri: 'pkg:generic/tool',
      policy: { uri: 'https://example.com/policy', digest: { sha256: 'a'.repeat(64) } },
      verificationResult,
      verifiedLevels: [verificationResult],
      ...more,
    },
  })
}

describe('verifySummary', () => {
  it('takes a summary that says PASSED, and a statement of any other type', async () => {
    expect(await codeOf(() => verifySummary(summary('PASSED')))).toBeUndefined()
    expect(await codeOf(() => verifySummary(summary('FAILED', {}, 'other/v1')))).toBeUndefined()
  })

  it('refuses one that says FAILED, and names who refused it by which policy', () => {
    expect(() => verifySummary(summary('FAILED'))).toThrow(
      expect.objectContaining({
        code: 'VSA_REJECTED',
        message: expect.stringContaining(
          '"https://example.com/verifier" checked this against "https://example.com/policy"',
        ),
        hint: expect.stringContaining('signature holds'),
      }),
    )
  })

  it('repeats no more than the beginning of what a stranger wrote', () => {
    const long = `https://${'y'.repeat(300)}`
    const policy = { uri: long, digest: { sha256: 'a'.repeat(64) } }
    const refuse = () => verifySummary(summary('FAILED', { verifier: { id: long }, policy }))
    expect(refuse).toThrow(/^"https:\/\/y{192}" checked this against "https:\/\/y{192}" and/)
  })
})
