import { CleanbillError } from '../model/error.ts'
import type { AcceptedAttestation } from '../model/evidence.ts'
import { checkExpectedIdentity, type IdentityOptions, parseExpectedIdentity } from '../policy/expected-identity.ts'
import { CONTROLS, type Control, controlTrust, GOOD_CONTROL, judgeControl } from '../verify/negative-control.ts'
import { verifyEvidence } from '../verify/verify-evidence.ts'

/** The checks that are put to the test; those of the program unless a test breaks one. */
export interface ControlledChecks {
  readonly verifyEvidence: typeof verifyEvidence
  readonly checkExpectedIdentity: typeof checkExpectedIdentity
}

const OWN_CHECKS: ControlledChecks = { verifyEvidence, checkExpectedIdentity }

const WORKFLOW = 'https://github.com/cleanbill-control/package/.github/workflows/release.yml'

/** Who signed the good bundle, to the letter. */
const SIGNER: IdentityOptions = {
  certIdentity: `${WORKFLOW}@refs/heads/main`,
  certOidcIssuer: 'https://issuer.cleanbill.internal',
}

interface IdentityControl extends Pick<Control, 'id' | 'name'> {
  readonly expected: string
  readonly options: IdentityOptions
}

/** Signers that the good bundle does not have: each differs from its own in one thing. */
const IDENTITY_CONTROLS: readonly IdentityControl[] = [
  {
    id: 9,
    name: 'identity one character longer',
    expected: 'IDENTITY_MISMATCH',
    // The wanted name is a part of the real one: only an unanchored comparison takes it.
    options: { ...SIGNER, certIdentity: `${WORKFLOW}@refs/heads/mai` },
  },
  {
    id: 10,
    name: 'right identity, other issuer',
    expected: 'ISSUER_MISMATCH',
    options: { ...SIGNER, certOidcIssuer: 'https://token.actions.githubusercontent.com' },
  },
  {
    id: 11,
    name: 'refs/heads/main-evil',
    expected: 'REF_DENIED',
    options: { ...SIGNER, sourceRef: 'refs/heads/main-evil' },
  },
  {
    id: 12,
    name: 'right repository name, other repository id',
    expected: 'REPOSITORY_ID_MISMATCH',
    options: { ...SIGNER, repo: 'cleanbill-control/package', repoId: '1002' },
  },
  {
    id: 14,
    name: 'wrong certificate extension value',
    expected: 'SOURCE_DIGEST_MISMATCH',
    options: { ...SIGNER, sourceDigest: 'c1'.repeat(20) },
  },
]

/**
 * Makes the verifier refuse a built-in set of bad evidence, and accept one good bundle, before a run relies on it: a
 * build in which one check does nothing looks exactly like one in which everything is fine (threats.md §9).
 *
 * @throws {CleanbillError} `CONTROL_FAILED` naming the control
 */
export function runNegativeControl(checks: ControlledChecks = OWN_CHECKS): void {
  const trust = controlTrust()
  const good = judgeControl(GOOD_CONTROL, trust, checks.verifyEvidence)
  if (typeof good === 'string') throw failed(GOOD_CONTROL, `it was refused with ${good}`)
  for (const control of CONTROLS) {
    const result = judgeControl(control, trust, checks.verifyEvidence)
    if (typeof result !== 'string') throw failed(control, 'it was accepted')
    // Refused for another reason is refused by luck: the check that is meant may be gone.
    if (result !== control.expected) throw failed(control, `it was refused with ${result}, not ${control.expected}`)
  }
  checkIdentities(good, checks)
}

function checkIdentities({ attestation }: AcceptedAttestation, { checkExpectedIdentity }: ControlledChecks): void {
  const codes = (options: IdentityOptions) =>
    checkExpectedIdentity(attestation.signer, parseExpectedIdentity(options), attestation.statement).map(
      ({ code }) => code,
    )
  const own = codes(SIGNER)
  if (own.length > 0) throw failed(GOOD_CONTROL, `its own signer was refused with ${own.join(', ')}`)
  for (const { id, name, expected, options } of IDENTITY_CONTROLS) {
    const found = codes(options)
    if (found.length !== 1 || found[0] !== expected) {
      throw failed({ id, name }, found.length === 0 ? 'it was accepted' : `it was refused with ${found.join(', ')}`)
    }
  }
}

function failed({ id, name }: Pick<Control, 'id' | 'name'>, how: string): CleanbillError {
  const what = id === 0 ? name : `control ${id} (${name})`
  return new CleanbillError('CONTROL_FAILED', `the verifier failed its own check: ${what}: ${how}`, {
    hint: 'Nothing was judged. This build cannot be relied on: install it again from where you trust it, and report this.',
  })
}
