import { describe, expect, it } from 'vitest'
import { type ControlledChecks, runNegativeControl } from '../../src/flows/negative-control.ts'
import { isCleanbillError } from '../../src/model/error.ts'
import type { AcceptedAttestation } from '../../src/model/evidence.ts'
import { checkExpectedIdentity } from '../../src/policy/expected-identity.ts'
import { CONTROLS, controlTrust, GOOD_CONTROL, judgeControl } from '../../src/verify/negative-control.ts'
import { verifyEvidence } from '../../src/verify/verify-evidence.ts'

const good = judgeControl(GOOD_CONTROL, controlTrust()) as AcceptedAttestation

/** A verifier in which whatever is refused with one code is accepted: that check does nothing any more. */
const without = (code: string): ControlledChecks => ({
  checkExpectedIdentity: (...asked) => checkExpectedIdentity(...asked).filter((finding) => finding.code !== code),
  verifyEvidence: (...asked) => {
    const result = verifyEvidence(...asked)
    const kept = result.refused.filter((one) => one.code !== code)
    return kept.length === result.refused.length ? result : { ...result, refused: kept, accepted: [good] }
  },
})

function messageOf(checks: ControlledChecks): string | undefined {
  try {
    runNegativeControl(checks)
    return undefined
  } catch (error) {
    if (!isCleanbillError(error) || error.code !== 'CONTROL_FAILED') throw error
    return error.message
  }
}

describe('runNegativeControl', () => {
  it('lets the verifier of this program pass', () => {
    expect(() => runNegativeControl()).not.toThrow()
  })

  it.for([
    [1, 'SUBJECT_MISMATCH'],
    [2, 'SUBJECT_NAME_MISMATCH'],
    [3, 'SUBJECT_EMPTY'],
    [4, 'SIGNATURE_INVALID'],
    [6, 'PAYLOAD_TYPE'],
    [7, 'LOG_ENTRY_MISMATCH'],
    [8, 'CERTIFICATE_EXPIRED'],
    [9, 'IDENTITY_MISMATCH'],
    [10, 'ISSUER_MISMATCH'],
    [11, 'REF_DENIED'],
    [12, 'REPOSITORY_ID_MISMATCH'],
    [13, 'CLAIM_CONFLICT'],
    [14, 'SOURCE_DIGEST_MISMATCH'],
    [15, 'PREDICATE_TYPE'],
    [16, 'VSA_REJECTED'],
  ] as const)('stops at control %i when nothing is refused with %s any more', ([id, code]) => {
    expect(messageOf(without(code))).toContain(`control ${id} (`)
  })

  it('stops at a verifier that accepts everything, and at one that refuses everything', () => {
    const accept: ControlledChecks = {
      checkExpectedIdentity: () => [],
      verifyEvidence: () => ({ accepted: [good], refused: [], unsupported: [] }),
    }
    expect(messageOf(accept)).toContain('control 1 (')
    const refuse = { ...accept, verifyEvidence: () => ({ accepted: [], refused: [], unsupported: [] }) }
    expect(messageOf(refuse)).toContain('a good bundle')
  })

  it('does not take an error of the program for a refusal', () => {
    const broken = () => {
      throw new TypeError('x is not a function')
    }
    expect(() => runNegativeControl({ checkExpectedIdentity, verifyEvidence: broken })).toThrow(TypeError)
  })

  it('stops at a bundle that is refused by luck', () => {
    const lucky: ControlledChecks = {
      checkExpectedIdentity,
      verifyEvidence: (...asked) => {
        const result = verifyEvidence(...asked)
        return { ...result, refused: result.refused.map((one) => ({ ...one, code: 'LIBRARY_FAULT' as const })) }
      },
    }
    expect(messageOf(lucky)).toContain('control 1 (')
  })

  it('has a control for each number of the table, in one of its two halves', () => {
    // 5 and 17 are refused while the document is read, before any verifier sees it.
    const ids = CONTROLS.map(({ id }) => id)
    expect([...ids, 9, 10, 11, 12, 14].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 17 }, (_, index) => index + 1),
    )
  })

  it('takes less than a tenth of a second', () => {
    // The best of a few: the machine that runs the tests has other things to do.
    const times = Array.from({ length: 6 }, () => {
      const start = process.cpuUsage()
      runNegativeControl()
      const { user, system } = process.cpuUsage(start)
      return (user + system) / 1000
    })
    expect(Math.min(...times)).toBeLessThan(100)
  })
})
