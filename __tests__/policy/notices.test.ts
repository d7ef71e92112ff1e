import { describe, expect, it } from 'vitest'
import { NOTICE_CODES, type Notice } from '../../src/model/dependency.ts'
import { fromNotices, leftToLocked } from '../../src/policy/notices.ts'
import { discoveryOf } from '../policy/support.ts'

const notice = (code: Notice['code'], more: Partial<Notice> = {}): Notice => ({
  code,
  message: 'm',
  hint: 'h',
  file: 'ci.yml',
  line: 2,
  ...more,
})
const ALL = discoveryOf([], { notices: NOTICE_CODES.map((code) => notice(code)) })
const said = (...notices: readonly Notice[]) => notices.map((one) => ({ ...one, outcome: 'fire' as const }))

describe('a notice that no rule has said', () => {
  it('is said of a lock, and not of a workflow, whose rules may be off', () => {
    const ofWorkflows = ['CACHE_RESTORED', 'GATE_TOO_LATE', 'GATE_SKIPPABLE', 'RUNTIME_DOWNLOAD']
    expect(leftToLocked(ALL, []).map(({ code }) => code)).toEqual(
      NOTICE_CODES.filter((code) => !ofWorkflows.includes(code)),
    )
  })

  it('is one of another code, file or line than what was said', () => {
    const discovery = discoveryOf([], { notices: [notice('CONTRADICTION')] })
    expect(leftToLocked(discovery, said(notice('CONTRADICTION', { message: 'in other words' })))).toEqual([])
    for (const other of [
      notice('EXTRA_INDEX'),
      notice('CONTRADICTION', { file: 'b' }),
      notice('CONTRADICTION', { line: 3 }),
    ]) {
      expect(leftToLocked(discovery, said(other))).toHaveLength(1)
    }
  })
})

describe('a rule takes from the notices', () => {
  it('those of its codes, each with its place', () => {
    expect(fromNotices(ALL, ['EXTRA_INDEX', 'GATE_TOO_LATE'])).toEqual(
      said(notice('EXTRA_INDEX'), notice('GATE_TOO_LATE')),
    )
    expect(fromNotices(ALL, [])).toEqual([])
  })
})
