import { describe, expect, it } from 'vitest'
import { askRule, factsOf, gist, known, subjectOf, unknown } from '../../support/subjects.ts'

const advisory = (id: string, withdrawn = false) => ({ id, summary: 'malicious code', withdrawn })
const ask = (...advisories: ReturnType<typeof advisory>[]) =>
  askRule('revoked', subjectOf({ facts: factsOf({ advisories: known(advisories) }) }))

describe('revoked (R15)', () => {
  it('T-PP-22: fires with the id of the advisory, once for each', () => {
    const objections = ask(advisory('MAL-2025-6022'), advisory('GHSA-f29h-pxvx-f335'))
    expect(gist(objections)).toStrictEqual(['REVOKED invalid', 'REVOKED invalid'])
    expect(objections[0]?.message).toContain('MAL-2025-6022')
  })

  it('T-PP-22: honours a withdrawal, and no more than that one', () => {
    expect(ask(advisory('MAL-2025-41440', true))).toStrictEqual([])
    expect(gist(ask(advisory('MAL-1', true), advisory('MAL-2')))).toStrictEqual(['REVOKED invalid'])
    expect(ask()).toStrictEqual([])
  })

  it('T-PP-22: does not know where the feed does not answer', () => {
    const silent = subjectOf({ facts: factsOf({ advisories: unknown() }) })
    expect(gist(askRule('revoked', silent))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(askRule('revoked', subjectOf())).toStrictEqual([])
  })
})
