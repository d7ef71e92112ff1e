import { describe, expect, it } from 'vitest'
import { FINDING_CODES } from '../../src/model/finding-codes.ts'
import { EVIDENCE_STATES } from '../../src/model/verdict.ts'
import { formatGate } from '../../src/report/gate-report.ts'
import { groupFindings } from '../../src/report/group-findings.ts'
import { grouped, headline, STATE_WORDS } from '../../src/report/words.ts'
import { EVIL, FAILED, HOSTILE_META, hostile, judged, META, PASSED, UNCHANGED, verdictOf } from '../support/verdicts.ts'

const brief = { color: false, verbose: false }
const verbose = { color: false, verbose: true }
const lines = (text: string) => text.split('\n')

describe('what gate prints', () => {
  it('says on day one that it passed, in a few lines', () => {
    const text = formatGate(PASSED, META, brief)
    expect(lines(text).length).toBeLessThanOrEqual(12)
    expect(text).toMatchInlineSnapshot(`
      "PASSED  214 dependencies: 4 unsupported, 184 registered, 26 verified
              profile recommended, everything was judged, 4 warnings, 252 requests, 3.8 s

      WARN  Published too recently (4 times)  TOO_YOUNG, rule cooldown
        left-pad 5.6.2, chalk 5.6.2, debug 5.6.2 …

          4  unsupported  nothing here can check this kind of dependency
        184  registered   its registry vouches for these bytes; who built them is not proven
         26  verified     signed by its builder, and the policy accepts the signer

      Not proven: TOFU_FIRST_SEEN, RUN_OUTCOME_EXPIRED (--verbose says more)"
    `)
  })

  it('says of a bad pull request what to do, worst first', () => {
    expect(formatGate(FAILED, META, brief)).toMatchInlineSnapshot(`
      "FAILED  7 dependencies: 1 invalid, 1 changed, 1 lost, 1 waived, 2 registered, 1 verified
              profile recommended, 7 of 1,204 changed since origin/main, 3 findings fail, 5 warnings, 1 unknown, 1 note, 252 requests, 3.8 s

      FAIL  The lockfile has other bytes than the registry  REGISTRY_DIGEST_MISMATCH, rule lock-matches-registry
        lodash 4.17.21  package-lock.json:1500
          the lockfile says sha512-AAAA…, the npm registry vouches for sha512-v2kD…
        → Somebody changed the lockfile: restore this entry from the registry.

      FAIL  Earlier versions were signed, this one is not  ATTESTATION_LOST, rule no-downgrade
        axios 1.14.1  package-lock.json:812
          axios 1.14.0 had build provenance; 1.14.1 has no attestation at all
        → Stay on 1.14.0 until its maintainers explain. Versions that were published past their build look like this.

      FAIL  Signed by somebody else than before  SIGNER_CHANGED, rule signer-continuity
        @tanstack/history 1.161.9  package-lock.json:2210
          signed by TanStack/router/.github/workflows/bundle-size.yml; the trust lock accepts release.yml
        → If the maintainers moved their release, run cleanbill gate --update-lock and have the change reviewed.

      WARN  Published too recently  TOO_YOUNG, rule cooldown
        chalk 5.6.2

      WARN  An action is not pinned to a commit (4 times)  UNPINNED_ACTION, rule pinned-actions
        .github/workflows/ci.yml:8
        → Pin it to the commit of the tag and keep the version as a comment.

      UNKNOWN  The run that published it has not ended yet  RUN_IN_PROGRESS, rule run-outcome
        @tanstack/history 1.161.9

        1  invalid      its proof does not hold, or its registry has other bytes: do not install it
        1  changed      signed, but by somebody else, or in another way, than before
        1  lost         was signed before, is not any more
        1  waived       let through by a waiver in the policy
        2  registered   its registry vouches for these bytes; who built them is not proven
        1  verified     signed by its builder, and the policy accepts the signer

      What this does not prove
        TOFU_FIRST_SEEN: 12 signers are accepted because they were seen first, not because anybody named them.
        RUN_OUTCOME_EXPIRED: For 9 dependencies the platform no longer has the run that published them.

      Why:    cleanbill policy explain 'pkg:npm/axios@1.14.1'
      Codes:  https://github.com/cleanbill/cleanbill/blob/main/docs/findings.md"
    `)
  })

  it('says of a pull request without a changed dependency how many were found', () => {
    expect(formatGate(UNCHANGED, META, brief)).toMatchInlineSnapshot(`
      "PASSED  1,204 dependencies found, 0 changed since origin/main: nothing to judge
              profile recommended, 252 requests, 3.8 s"
    `)
  })

  it('has numbers in its first line that add up', () => {
    for (const verdict of [PASSED, FAILED]) {
      const [first = ''] = lines(formatGate(verdict, META, brief))
      const [total = 0, ...parts] = [...first.replaceAll(',', '').matchAll(/\d+/g)].map(([n]) => Number(n))
      expect(parts.reduce((sum, n) => sum + n, 0)).toBe(total)
    }
  })

  it('shows every objection and every limit when more is asked for', () => {
    const text = formatGate(FAILED, META, verbose)
    for (const { message } of FAILED.findings) expect(text).toContain(message)
    expect(text).toContain('waived: until 2027-01-31 by platform: released before provenance')
    expect(formatGate(PASSED, META, verbose)).toContain('TOFU_FIRST_SEEN: 12 signers')
  })

  it('says that the baseline only reports', () => {
    expect(formatGate({ ...PASSED, profile: 'baseline' }, META, brief)).toContain('profile baseline (reports only)')
  })

  it('never shows what could not be learned as a pass: it has its own label and is counted', () => {
    const text = formatGate(FAILED, META, brief)
    expect(text).toContain('UNKNOWN  The run that published it has not ended yet')
    expect(text).toContain('1 unknown')
  })

  it('cuts long lists and says how many are left', () => {
    const text = formatGate(hostile(5000), HOSTILE_META, brief)
    expect(lines(text).length).toBeLessThan(80)
    expect(text).toContain('… and 4,990 more (see --json)')
    expect(lines(formatGate(hostile(5000), HOSTILE_META, verbose)).length).toBeLessThan(800)
  })

  it('colours labels, not strings from outside', () => {
    const text = formatGate(FAILED, META, { color: true, verbose: false })
    expect(text).toContain('\u001b[31mFAILED\u001b[0m')
  })

  it('offers no command with a name that a shell would read otherwise', () => {
    expect(formatGate(hostile(1), HOSTILE_META, brief)).not.toContain('policy explain')
    expect(formatGate(FAILED, META, brief)).toContain("cleanbill policy explain 'pkg:npm/axios@1.14.1'")
  })

  // One finding has its hint with the group, several have one each; a run that passed shows limits and warnings in brief.
  const passed = { ...hostile(3), result: 'PASSED' as const, findings: hostile(1).findings.slice(1, 2) }
  it.each([
    ['several', hostile(3), brief],
    ['several, verbose', hostile(3), verbose],
    ['one', hostile(1), brief],
    ['one, verbose', hostile(1), verbose],
    ['passed', passed, brief],
    ['nothing changed', { ...hostile(0), total: 0 }, brief],
  ])('lets no hostile name move the cursor, fake a line or become a command: %s', (_, verdict, style) => {
    for (const line of lines(formatGate(verdict, HOSTILE_META, style))) {
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/u)
      expect(line.trimStart()).not.toMatch(/^::/)
      expect(line).not.toMatch(/##\w*\[/)
    }
  })
})

describe('findings in groups', () => {
  it('makes one item of one objection at many places', () => {
    const group = groupFindings(FAILED).find(({ code }) => code === 'UNPINNED_ACTION')
    expect(group).toMatchObject({ count: 4, urgency: 'warn', hint: expect.stringContaining('Pin it') })
    expect(group?.items.map(({ places }) => places.map(({ line }) => line))).toStrictEqual([[8, 19, 40, 77]])
  })

  it('says a hint once when it is the same for all, else with each item', () => {
    const [group] = groupFindings(hostile(2))
    expect(group?.hint).toBeUndefined()
    expect(group?.items.map(({ hint }) => hint)).toStrictEqual([`0${EVIL}`, `1${EVIL}`])
    const [alike] = groupFindings(hostile(1))
    expect(alike?.hint).toBe(`0${EVIL}`)
    expect(alike?.items[0]?.hint).toBeUndefined()
  })

  it('loses none: the counts are those of the findings', () => {
    for (const verdict of [FAILED, PASSED, hostile(50)]) {
      const counted = groupFindings(verdict).reduce((sum, { count }) => sum + count, 0)
      expect(counted).toBe(verdict.findings.length)
    }
  })

  it('takes what a waiver silences for a note, whatever its level', () => {
    const one = judged({ name: 'a', state: 'waived' })
    const finding = {
      rule: 'missing-provenance',
      level: 'fail',
      outcome: 'fire',
      code: 'ATTESTATION_ABSENT',
      message: 'm',
      file: 'f',
      line: 1,
    } as const
    const verdict = verdictOf([
      { ...one, findings: [{ ...finding, waiver: { reason: 'r', owner: 'o', expires: '2027-01-31', line: 1 } }] },
    ])
    expect(groupFindings(verdict).map(({ urgency }) => urgency)).toStrictEqual(['note'])
  })

  it('shows an unknown that fails among what fails', () => {
    const finding = FAILED.findings.find(({ outcome }) => outcome === 'unknown')
    const verdict = verdictOf([], { findings: finding === undefined ? [] : [{ ...finding, level: 'fail' }] })
    expect(groupFindings(verdict).map(({ urgency }) => urgency)).toStrictEqual(['fail'])
  })

  it('cuts a commit for the eye', () => {
    const verdict = verdictOf([{ ...judged({ name: 'actions/checkout' }), id: 'x', version: 'ab'.repeat(20) }], {
      findings: FAILED.findings.slice(4, 5).map((one) => ({ ...one, dependency: 'x' })),
    })
    expect(groupFindings(verdict)[0]?.items[0]?.who).toBe('actions/checkout abababababab')
  })
})

describe('the words', () => {
  it('explain every state and every code in plain language, each code otherwise', () => {
    const titles = FINDING_CODES.map((code) => headline({ rule: 'locked', code }))
    expect(new Set(titles).size).toBe(FINDING_CODES.length)
    for (const text of [...titles, ...EVIDENCE_STATES.map((state) => STATE_WORDS[state])]) {
      expect(text.length).toBeGreaterThan(8)
      expect(text.length).toBeLessThan(80)
      expect(text).not.toMatch(/attestation|provenance|DSSE|Fulcio|Rekor/)
    }
  })
  it('name refused evidence by its rule', () => {
    expect(headline({ rule: 'required-signer', code: 'IDENTITY_MISMATCH' })).toContain('the policy asks')
    expect(headline({ rule: 'valid-evidence', code: 'SIGNATURE_INVALID' })).toBe('Its proof was refused')
  })
  it('write numbers the same in every locale', () => {
    expect([0, 999, 1000, 1204, 1234567].map(grouped)).toStrictEqual(['0', '999', '1,000', '1,204', '1,234,567'])
  })
})
