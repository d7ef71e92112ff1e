import { describe, expect, it } from 'vitest'
import { formatExplanation, formatPolicyTest } from '../../src/report/explain-report.ts'
import { formatInit, share } from '../../src/report/init-report.ts'
import { EVIL, EXPLAIN_META, EXPLANATION, hostile, INIT, TEST_CASES } from '../support/verdicts.ts'

const plain = { color: false }

function expectHarmless(text: string): void {
  for (const line of text.split('\n')) {
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/u)
    expect(line.trimStart()).not.toMatch(/^::/)
    expect(line).not.toMatch(/##\w*\[/)
  }
}

describe('what init prints', () => {
  it('says what was written, what is verifiable today, and what to do next', () => {
    expect(formatInit(INIT, plain)).toMatchInlineSnapshot(`
      "wrote  .github/cleanbill.yml
      wrote  cleanbill.lock  26 entries, 27 accepted signers

      214 dependencies: 12 % signed by their builders, 86 % vouched for by their registries

          4  unsupported  nothing here can check this kind of dependency
        184  registered   its registry vouches for these bytes; who built them is not proven
         26  verified     signed by its builder, and the policy accepts the signer

      Next
        1. Read cleanbill.lock: it says whose signatures are accepted from now on, on first sight.
        2. Commit .github/cleanbill.yml and cleanbill.lock.
        3. Make the gate a required check of pull requests: examples/gate/workflow.yml"
    `)
  })
  it('says what it left as it was', () => {
    expect(formatInit({ ...INIT, policy: { ...INIT.policy, written: false } }, plain)).toContain(
      'kept   .github/cleanbill.yml',
    )
  })
  it('says first to look at what fails already today, and to ask again what did not answer', () => {
    const counts = { ...INIT.counts, changed: 2, unreachable: 1 }
    const text = formatInit({ ...INIT, counts, findings: hostile(3).findings }, plain)
    expect(text).toContain('1. Look at 3 findings that fail already today')
    expect(text).toContain('2. Run it again: 1 dependency could not be asked about.')
  })
  it('shows a row for each ecosystem where there are several, cut where there are many', () => {
    const ecosystems = Array.from({ length: 20 }, (_, n) => ({ ecosystem: `e${n}`, total: 214, counts: INIT.counts }))
    const text = formatInit({ ...INIT, ecosystems }, plain)
    expect(text).toMatch(/e0 +26 +184 +4\n/)
    expect(text).toContain('… and 5 other ecosystems')
  })
  it('rounds no share to nothing or to everything', () => {
    expect([share(0, 0), share(0, 9), share(1, 900), share(899, 900), share(9, 9), share(1, 3)]).toStrictEqual([
      '0 %',
      '0 %',
      'under 1 %',
      'over 99 %',
      '100 %',
      '33 %',
    ])
  })
  it('is harmless, whatever paths and ecosystems are called', () => {
    const file = { path: EVIL, written: true }
    expectHarmless(
      formatInit(
        {
          ...INIT,
          policy: file,
          lock: { ...INIT.lock, path: EVIL },
          ecosystems: [1, 2].map(() => ({ ecosystem: EVIL, total: 1, counts: INIT.counts })),
        },
        plain,
      ),
    )
  })
})

describe('what policy explain prints', () => {
  it('says the state, the objections, who vouches, which entries apply and what each rule does', () => {
    expect(formatExplanation([EXPLANATION], EXPLAIN_META, plain)).toMatchInlineSnapshot(`
      "pkg:npm/@tanstack/history@1.161.9  package-lock.json:2210
        changed: signed, but by somebody else, or in another way, than before
        another signer than the trust lock names

        Objections
          fail  Signed by somebody else than before (SIGNER_CHANGED): signed by TanStack/router/.github/workflows/bundle-size.yml; the trust lock accepts release.yml
            → If the maintainers moved their release, run cleanbill gate --update-lock and have the change reviewed.
          warn  The run that published it has not ended yet (RUN_IN_PROGRESS): the run that published it has not ended; it is asked again in the next run

        Who vouches for it
          signed by https://github.com/axios/axios/.github/workflows/publish.yml@refs/tags/v1.14.0
            built from https://github.com/axios/axios refs/tags/v1.14.0 abababababababababababababababababababab
            in the run https://github.com/axios/axios/actions/runs/1/attempts/1
            https://slsa.dev/provenance/v1, from npm

        What applies to it, in .github/cleanbill.yml and the trust lock
          require  .github/cleanbill.yml:12  asks for the usual evidence, from the repository TanStack/*
          lock  cleanbill.lock:44  1.x: accepts TanStack/router/.github/workflows/release.yml

        What each rule does when it fires, profile recommended
          lock-matches-registry      fail     profile recommended
          signer-continuity          fail     profile recommended
          cooldown                   warn     set by the policy
          1 rule is off"
    `)
  })
  it('says so where nothing applies, nothing was judged, or nothing has the name', () => {
    const bare = { ...EXPLANATION, state: undefined, reason: undefined, evidence: undefined, entries: [] }
    const text = formatExplanation([bare], EXPLAIN_META, plain)
    expect(text).toContain('no entry: the profile alone decides')
    expect(text).not.toMatch(/^ {2}\w+: /m)
    expect(formatExplanation([], EXPLAIN_META, plain)).toBe('No dependency has this name.')
  })
  it('is harmless and short, whatever things are called and however many there are', () => {
    const entry = { kind: 'require', file: EVIL, line: 1, says: EVIL } as const
    const rule = { rule: 'cooldown', level: 'warn', because: EVIL } as const
    const text = formatExplanation(
      hostile(500).dependencies.map((one) => ({
        ...one,
        entries: Array.from({ length: 200 }, () => entry),
        rules: [rule],
      })),
      { policy: EVIL, profile: 'strict' },
      plain,
    )
    expectHarmless(text)
    expect(text).toContain('… and 150 more (see --json)')
    expect(text).toContain('… and 450 more places')
  })
})

describe('what policy test prints', () => {
  it('shows what came out otherwise, then counts', () => {
    expect(formatPolicyTest(TEST_CASES, plain)).toMatchInlineSnapshot(`
      "FAILED  a fork is refused  policy-tests/own.yml:11
        verdict: expected FAILED, got PASSED
        rules: expected required-signer, got none
      1 of 2 expectations hold"
    `)
  })
  it('says that nothing was tested where there are no expectations', () => {
    expect(formatPolicyTest([], plain)).toBe('No expectations were found: nothing was tested.')
  })
  it('is harmless and short, whatever cases are called', () => {
    const differences = Array.from({ length: 30 }, () => EVIL)
    const one = { name: EVIL, file: EVIL, line: 1, passed: false, differences }
    const text = formatPolicyTest(
      Array.from({ length: 500 }, () => one),
      plain,
    )
    expectHarmless(text)
    expect(text).toContain('  … and 20 more\n')
    expect(text).toContain('… and 450 more')
    expect(text).toContain('0 of 500 expectations hold')
  })
})
