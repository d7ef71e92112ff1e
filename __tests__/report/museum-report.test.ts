import { describe, expect, it } from 'vitest'
import type { ExhibitResult, Expected } from '../../src/model/museum-document.ts'
import { museumPage } from '../../src/report/museum-html.ts'
import { formatMuseum } from '../../src/report/museum-report.ts'

const profile = (verdict: 'PASSED' | 'FAILED', ...findings: string[]) => ({ verdict, states: {}, findings, limits: [] })
const result = (more: Partial<ExhibitResult> = {}, actual: Partial<Expected> = {}): ExhibitResult => ({
  slug: 'some-2026-01',
  title: 'Something that happened',
  notCaught: undefined,
  differences: [],
  actual: {
    signatureOnly: 'nothing',
    rules: {},
    profiles: {
      baseline: profile('PASSED', 'warn no-downgrade ATTESTATION_LOST pkg:npm/a@1'),
      recommended: profile(
        'FAILED',
        'fail no-downgrade ATTESTATION_LOST pkg:npm/a@1',
        'warn cooldown TOO_YOUNG pkg:npm/a@1',
      ),
      strict: profile('FAILED', 'fail cooldown TOO_YOUNG pkg:npm/a@1'),
    },
    ...actual,
  },
  ...more,
})
const quiet = {
  profiles: {
    baseline: profile('PASSED'),
    recommended: profile('PASSED'),
    strict: profile('FAILED', 'fail cooldown TOO_YOUNG -'),
  },
}
const line = (one: ExhibitResult) => formatMuseum([one], { color: false }).split('\n')[1]

describe('the table of the museum', () => {
  it('names the rules that failed it, not those that warned beside them', () => {
    expect(line(result())).toMatch(/^some-2026-01 +nothing there +FAILED +FAILED +no-downgrade$/)
  })

  it('says where only strict fails, where something warns, and where nothing is seen', () => {
    expect(line(result({}, quiet))).toMatch(/PASSED +FAILED +strict only: cooldown$/)
    const passed = profile('PASSED', 'warn cooldown TOO_YOUNG -')
    const warned = { profiles: { baseline: passed, recommended: passed, strict: passed } }
    expect(line(result({}, warned))).toMatch(/PASSED +PASSED +warns: cooldown$/)
    const strictly = { profiles: { ...warned.profiles, recommended: profile('PASSED') } }
    expect(line(result({}, strictly))).toMatch(/PASSED +PASSED +strict warns: cooldown$/)
    const none = {
      profiles: { baseline: profile('PASSED'), recommended: profile('PASSED'), strict: profile('PASSED') },
    }
    expect(line(result({}, none))).toMatch(/PASSED +PASSED +nothing$/)
  })

  it('keeps what is not caught in sight, counts, and lists what differs', () => {
    const text = formatMuseum(
      [
        result({ notCaught: 'the reason' }),
        result({ slug: 'b', differences: ['recommended: verdict'] }, { signatureOnly: 'valid', ...quiet }),
      ],
      { color: false },
    )
    expect(text).toContain('not caught: the reason')
    expect(text).toContain(
      '2 exhibits: a check of signatures alone refuses 0 and calls 1 valid; recommended fails 1, strict 2.',
    )
    expect(text).toContain('b is otherwise than its expected.json says:\n  recommended: verdict')
  })

  it('lets nothing of an exhibit write into the terminal or the page', () => {
    const evil = '\u001b[2J</small><script>alert(1)</script>\n::error::x'
    const hostile = result({ slug: evil, title: evil, notCaught: evil, differences: [evil] })
    const text = formatMuseum([hostile], { color: false })
    expect(text).not.toMatch(/\u001b/)
    expect(text.split('\n').some((one) => one.startsWith('::'))).toBe(false)
    const page = museumPage([hostile])
    expect(page).not.toMatch(/<script|\u001b/)
    expect(page).toContain('&#60;script&#62;')
  })
})
